/** What only the staff's pages read of docs/protocol.md; the shared shapes are in lib/types. */
import type { Need } from "../lib/types";

export type { Board, CallSeat, Device, Me, Need, Person, Practice, Row } from "../lib/types";

export type StaffRole = "provider" | "scheduler" | "admin";
export type NeedKind = Need["kind"];
/** Reminder machine (server/reminders/machine.py). */
export type DeliveryState = "scheduled" | "sending" | "sent" | "delivered" | "retrying" | "failed" | "cancelled";

export interface FoundPerson {
  id: string;
  name: string;
  birth_date: string;
  number: string;
  phone_masked?: string | null;
  language: string;
  needs: Need[];
}

export interface PlannedMessage {
  channel: "sms" | "email";
  step: string;
  due: string;
  body: string;
  segments?: number | null;
}

export interface LedgerLine {
  step: string;
  channel: "sms" | "email";
  state: string;
  due: string;
  at?: string | null;
  attempts: number;
}

export interface VisitType {
  id: string;
  name: string;
  minutes: number;
  modality: string;
  before: number;
  after: number;
  booked_by: string[];
  /** Providers it is booked with; none: all of them. */
  offered_by: string[];
}

/** One instant on somebody's clock. */
export interface Shown {
  zone: string;
  offset: string;
  ambiguous: boolean;
}

export interface Slot {
  provider_id: string;
  provider_name: string;
  start: string;
  end: string;
  why: string;
  for_provider: Shown;
  for_person?: Shown | null;
}

export interface SlotsAnswer {
  slots: Slot[];
  none?: "no-hours" | "none-free" | null;
  practice_zone: string;
  person?: { zone: string; known: boolean; language: string } | null;
}

export interface Hold {
  id: string;
  expires_at: string;
}

/** Several providers with one line (server/appointments/pools). */
export interface Pool {
  id: string;
  name: string;
  active: boolean;
  members: Provider[];
}

/** Where somebody is handed to: one of the two, or neither for back into the same line. */
export interface HandOver {
  provider_id?: string;
  pool_id?: string;
  note?: string;
}

export interface Provider {
  id: string;
  name: string;
}

/** How far a move or a cancellation reaches. */
export type Scope = "this" | "group" | "following" | "all";

export type Attention = "displaced" | "device" | "interpreter" | "unreachable" | "declined" | "tentative" | "undelivered" | "unconfirmed";

/** A visit on the schedule; members that are null on the wire may be missing after a merge patch. */
export interface Slotted {
  id: string;
  status: string;
  start: string;
  end: string;
  zone: string;
  revision: number;
  version: number;
  participation: "needs-action" | "accepted" | "declined" | "tentative";
  visit_type: { id: string; name: string; modality: string };
  provider: { id: string; name: string };
  person: { id: string; name: string; birth_date: string; number?: string | null; language: string };
  co_providers: { id: string; name: string }[];
  group_id?: string | null;
  series?: { id: string; number: number } | null;
  /** From staff to the desk; the patient never sees it. */
  note?: string | null;
  interpreter?: string | null;
  interpreter_status?: "needs-action" | "accepted" | null;
  delivery: { sms?: string | null; email?: string | null };
  entry?: { state: string; media: string; camera: string; microphone: string } | null;
  attention: Attention[];
}

export interface ScheduleAnswer {
  heads: Record<string, number>;
  now: string;
  zone: string;
  from: string;
  days: number;
  rows: Record<string, Slotted>;
}
