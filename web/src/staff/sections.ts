/** Which rows stand where on the board. Pure: rows and a time in, ordered lists out. */
import type { Row } from "./types";

/** Minutes past the booked time (or past check-in, if later) within which a patient should be seen. */
export const TARGET_MIN = 15;
/** The last minutes before the target: "near". */
const NEAR_MIN = 5;
const MINUTE = 60_000;

export type Filter = "all" | "mine" | "urgent" | "unseen" | "interpreter" | "not-ready";
/** How the waiting list is sorted: as the line moves, by urgency first, by booked time, or the longest wait first. */
export type Order = "place" | "acuity" | "booked" | "wait";
export type WaitTone = "early" | "in-time" | "near" | "late";

export interface Sections {
  room: Row[];
  waiting: Row[];
  coming: Row[];
  done: Row[];
}

const OVER = new Set(["fulfilled", "cancelled", "noshow", "entered-in-error"]);
const QUEUED = new Set(["checking_in", "waiting", "away", "called"]);

/** On hold and in line again: that person waits. */
export function isInRoom(row: Row): boolean {
  return row.visit.status === "in-progress" || (row.visit.status === "on-hold" && !QUEUED.has(row.entry?.state ?? ""));
}

/** The call that a visit is held in: its own, or that of its group. */
export function roomOf(row: Row): string {
  return (row.group && row.group_id) || row.visit.id;
}

/** Whether this account sees the patient as a second clinician, beside the one who leads. */
export function isBeside(row: Row, account: string): boolean {
  return row.co_providers.some(({ id }) => id === account);
}

export function isQueued(row: Row): boolean {
  return !isInRoom(row) && !isDone(row) && QUEUED.has(row.entry?.state ?? "");
}

export function isDone(row: Row): boolean {
  return OVER.has(row.status) || row.visit.status === "completed" || row.visit.status === "cancelled";
}

/** Something a person should look at before this visit: no device, no text delivered, no interpreter named. */
export function isNotReady(row: Row): boolean {
  if (isDone(row)) return false;
  if (row.entry?.media === "phone") return false;
  if (row.entry) return row.entry.microphone !== "ok" || (row.entry.media === "video" && row.entry.camera !== "ok");
  return row.delivery.sms === "failed" || row.participation === "declined";
}

export function needsInterpreter(row: Row): boolean {
  return row.person.needs.some((need) => need.kind === "interpreter" || need.kind === "signing");
}

/** Nobody triaged yet. */
const UNTRIAGED = 3;

/** 1 is the most pressing, 5 the least. */
export function acuityOf(row: Row): number {
  return row.entry?.acuity ?? UNTRIAGED;
}

export function isUrgent(row: Row): boolean {
  return acuityOf(row) < UNTRIAGED;
}

export function isUnseen(row: Row): boolean {
  return isQueued(row) && !row.entry?.seen_at;
}

/** The lines one serves: one's own, and those of one's pools. */
export type Lanes = ReadonlySet<string>;

/** Whether this person waits for me: in a line I serve, and not called by a colleague. */
export function isMine(row: Row, lanes: Lanes): boolean {
  const entry = row.entry;
  if (row.co_providers.some(({ id }) => lanes.has(id)) && (!entry?.lane || entry.lane === row.provider.id)) return true;
  if (!isQueued(row) || !entry?.lane) return lanes.has(row.provider.id) || (row.pool != null && lanes.has(row.pool.id));
  return lanes.has(entry.lane) && (entry.state !== "called" || entry.provider === undefined || lanes.has(entry.provider.id));
}

export function matches(row: Row, filter: Filter, lanes: Lanes): boolean {
  switch (filter) {
    case "all":
      return true;
    case "mine":
      return isMine(row, lanes);
    case "urgent":
      return isUrgent(row);
    case "unseen":
      return isUnseen(row);
    case "interpreter":
      return needsInterpreter(row);
    case "not-ready":
      return isNotReady(row);
  }
}

const byStart = (a: Row, b: Row): number => a.start.localeCompare(b.start) || a.id.localeCompare(b.id);

/** The server's place in line first; a row it has not placed yet stands by booked time, then by wait. */
export function byPlace(a: Row, b: Row): number {
  const place = (row: Row): number => row.entry?.position ?? Number.MAX_SAFE_INTEGER;
  return place(a) - place(b) || byStart(a, b) || (a.entry?.since ?? "").localeCompare(b.entry?.since ?? "");
}

const bySince = (a: Row, b: Row): number => (a.entry?.since ?? a.start).localeCompare(b.entry?.since ?? b.start) || byPlace(a, b);

const ORDERS: Record<Order, (a: Row, b: Row) => number> = {
  place: byPlace,
  acuity: (a, b) => acuityOf(a) - acuityOf(b) || byStart(a, b),
  booked: byStart,
  wait: bySince,
};

export function divide(rows: Iterable<Row>, order: Order = "place"): Sections {
  const out: Sections = { room: [], waiting: [], coming: [], done: [] };
  for (const row of rows) {
    if (isDone(row)) out.done.push(row);
    else if (isInRoom(row)) out.room.push(row);
    else if (isQueued(row)) out.waiting.push(row);
    else out.coming.push(row);
  }
  out.room.sort(byStart);
  out.waiting.sort(ORDERS[order]);
  out.coming.sort(byStart);
  out.done.sort((a, b) => byStart(b, a));
  return out;
}

/** The one this provider sees next: first in my line who is at the page, else first in my line. */
export function nextFor(lanes: Lanes, waiting: Row[]): Row | null {
  const mine = waiting.filter((row) => isMine(row, lanes));
  return mine.find((row) => row.entry?.state !== "away") ?? mine[0] ?? null;
}

/** The row after `current` in my line, wrapping round: what pressing N again shows. */
export function afterFor(lanes: Lanes, waiting: Row[], current: string | null): Row | null {
  const mine = waiting.filter((row) => isMine(row, lanes));
  const at = mine.findIndex((row) => row.id === current);
  if (at < 0) return nextFor(lanes, waiting);
  return mine[(at + 1) % mine.length] ?? null;
}

/**
 * My visit that is running now, if any: where a reloaded page returns to. `joined` is the room I went into by my own act; one
 * that a second clinician let the patient into, or leads, waits until I do.
 */
export function myVisit(myId: string, rows: Row[], joined: string | null = null): Row | null {
  const running = rows.filter(isInRoom);
  const there = running.find((row) => roomOf(row) === joined && (row.provider.id === myId || isBeside(row, myId)));
  return there ?? running.find((row) => row.provider.id === myId && !isBeside(row, row.entry?.provider?.id ?? "")) ?? null;
}

export function minutesBetween(from: string, now: number): number {
  return Math.max(0, Math.floor((now - Date.parse(from)) / MINUTE));
}

/** How a wait stands against the target. Nobody is late before their booked time has come. */
export function waitTone(row: Row, now: number): WaitTone {
  const start = Date.parse(row.start);
  if (now < start) return "early";
  const since = row.entry ? Date.parse(row.entry.since) : start;
  const over = (now - Math.max(start, since)) / MINUTE;
  if (over > TARGET_MIN) return "late";
  return over > TARGET_MIN - NEAR_MIN ? "near" : "in-time";
}

/** Whole years on the day of `now`; birth dates are ISO calendar dates without a zone. */
export function age(birthDate: string, now: number): number {
  const [year = 0, month = 1, day = 1] = birthDate.split("-").map(Number);
  const today = new Date(now);
  const before = today.getMonth() + 1 < month || (today.getMonth() + 1 === month && today.getDate() < day);
  return today.getFullYear() - year - (before ? 1 : 0);
}
