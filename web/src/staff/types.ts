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

export interface Provider {
  id: string;
  name: string;
}
