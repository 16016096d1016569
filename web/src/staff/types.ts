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
}

export interface Provider {
  id: string;
  name: string;
}
