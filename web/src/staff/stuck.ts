/**
 * Who is stuck, why, and what helps first. Pure: rows and a time in, an ordered list out.
 * The words for it are in messages/desk.*; a cause that is added here does not compile until it has them.
 */
import { isDone, isInRoom, isQueued, isUnseen, isUrgent, minutesBetween, needsInterpreter, TARGET_MIN } from "./sections";
import type { Device, Row } from "./types";

export type Cause =
  | "urgent"
  | "microphone"
  | "camera"
  | "gone"
  | "unseen"
  | "long-wait"
  | "refused-before"
  | "in-app"
  | "not-ready"
  | "not-here"
  | "undelivered"
  | "declined"
  | "no-interpreter"
  | "not-confirmed"
  | "rehearse";

/** The one thing to do first. */
export type Help = "see" | "ring";

export interface Stuck {
  row: Row;
  cause: Cause;
  tone: "bad" | "warn";
  help: Help;
  /** How long it has been so. */
  minutes: number;
}

/** Anything shorter than this is on its way. */
const PATIENCE_MIN = 2;
/** Visits within this time are looked at before they begin. */
const SOON_MIN = 60;
const MINUTE = 60_000;

function broken(device: Device | undefined): boolean {
  return device !== undefined && device !== "ok" && device !== "unchecked";
}

/** The device that the check before the visit refused, if any; the microphone weighs more. */
export function refusedBefore(row: Row): { device: "camera" | "microphone"; cause: Device } | null {
  const { camera, microphone } = row.link;
  if (microphone && broken(microphone)) return { device: "microphone", cause: microphone };
  return camera && broken(camera) ? { device: "camera", cause: camera } : null;
}

function inLine(row: Row, now: number): Stuck | null {
  const entry = row.entry;
  if (!entry) return null;
  const waited = minutesBetween(entry.since, now);
  const make = (cause: Cause, tone: Stuck["tone"], help: Help, minutes = waited): Stuck => ({ row, cause, tone, help, minutes });
  if (isUrgent(row)) return make("urgent", "bad", isUnseen(row) ? "see" : "ring");
  if (entry.media === "phone") return isUnseen(row) && waited >= PATIENCE_MIN ? make("unseen", "warn", "see") : late(row, now, make);
  if (broken(entry.microphone)) return make("microphone", "warn", "ring");
  if (entry.media === "video" && broken(entry.camera)) return make("camera", "warn", "ring");
  if (entry.state === "away") return make("gone", "warn", "ring");
  if (isUnseen(row) && waited >= PATIENCE_MIN) return make("unseen", "warn", "see");
  return late(row, now, make);
}

function late(row: Row, now: number, make: (cause: Cause, tone: Stuck["tone"], help: Help, minutes?: number) => Stuck): Stuck | null {
  const since = Math.max(Date.parse(row.start), Date.parse(row.entry?.since ?? row.start));
  const over = Math.floor((now - since) / MINUTE);
  return over > TARGET_MIN ? make("long-wait", "warn", "ring", over) : null;
}

function before(row: Row, now: number): Stuck | null {
  const ahead = (Date.parse(row.start) - now) / MINUTE;
  if (ahead > SOON_MIN || row.modality === "in-person") return null;
  const opened = row.link.opened_at;
  const make = (cause: Cause, tone: Stuck["tone"], help: Help, from: string): Stuck => ({ row, cause, tone, help, minutes: minutesBetween(from, now) });
  const found = refusedBefore(row);
  if (opened && row.link.in_app && !isWell(row)) return make("in-app", "warn", "ring", opened);
  if (found) return make("refused-before", "warn", "ring", row.link.checked_at ?? opened ?? row.start);
  if (ahead <= -PATIENCE_MIN) return opened ? make("not-ready", "bad", "ring", opened) : make("not-here", "bad", "ring", row.start);
  if (row.delivery.sms === "failed" && row.delivery.email !== "delivered" && !opened) return make("undelivered", "warn", "ring", row.start);
  if (row.participation === "declined") return make("declined", "warn", "ring", row.start);
  if (needsInterpreter(row) && !row.interpreter) return make("no-interpreter", "warn", "ring", row.start);
  if (opened && minutesBetween(opened, now) >= PATIENCE_MIN && ahead <= 15 && !row.link.checked_at) return make("not-ready", "warn", "ring", opened);
  if (row.first && !row.link.checked_at) return make("rehearse", "warn", "ring", row.start);
  if (row.participation !== "accepted" && !opened) return make("not-confirmed", "warn", "ring", row.start);
  return null;
}

/** The device check before the visit found nothing wrong. */
function isWell(row: Row): boolean {
  return row.link.checked_at != null && refusedBefore(row) === null;
}

export function stuckOf(row: Row, now: number): Stuck | null {
  if (isDone(row) || isInRoom(row)) return null;
  return isQueued(row) ? inLine(row, now) : before(row, now);
}

const ORDER: Cause[] = [
  "urgent",
  "not-ready",
  "not-here",
  "unseen",
  "microphone",
  "camera",
  "gone",
  "refused-before",
  "in-app",
  "long-wait",
  "undelivered",
  "declined",
  "no-interpreter",
  "rehearse",
  "not-confirmed",
];

/** Everybody who is stuck, in the order in which to help: bad before warn, then by cause, then by the visit's time. */
export function allStuck(rows: readonly Row[], now: number): Stuck[] {
  const found = rows.map((row) => stuckOf(row, now)).filter((one): one is Stuck => one !== null);
  const tone = (one: Stuck): number => (one.tone === "bad" ? 0 : 1);
  return found.sort(
    (a, b) =>
      tone(a) - tone(b) || ORDER.indexOf(a.cause) - ORDER.indexOf(b.cause) || a.row.start.localeCompare(b.row.start) || a.row.id.localeCompare(b.row.id),
  );
}

export interface Room {
  provider: { id: string; name: string };
  rows: Row[];
  /** Minutes by which the next of this line is past the booked time; 0 when nobody waits longer. */
  late: number;
}

/** One room for each provider: who is in it and who waits for it. */
export function roomsOf(rows: readonly Row[], now: number): Room[] {
  const rooms = new Map<string, Room>();
  for (const row of rows) {
    if (isDone(row)) continue;
    const room = rooms.get(row.provider.id) ?? { provider: row.provider, rows: [], late: 0 };
    rooms.set(row.provider.id, room);
    if (!isInRoom(row) && !isQueued(row)) continue;
    room.rows.push(row);
    if (isQueued(row)) room.late = Math.max(room.late, Math.floor((now - Math.max(Date.parse(row.start), Date.parse(row.entry?.since ?? row.start))) / MINUTE));
  }
  const place = (row: Row): number => (isInRoom(row) ? 0 : (row.entry?.position ?? 99));
  for (const room of rooms.values()) room.rows.sort((a, b) => place(a) - place(b) || a.start.localeCompare(b.start));
  return [...rooms.values()].sort((a, b) => a.provider.name.localeCompare(b.provider.name));
}

/** Those of the next hour who are not in a room yet and need help. */
export function comingStuck(stuck: readonly Stuck[]): Stuck[] {
  return stuck.filter((one) => !isQueued(one.row));
}

/** Minutes that half of those who wait have waited. */
export function medianWait(rows: readonly Row[], now: number): number | null {
  const waits = rows.filter(isQueued).map((row) => minutesBetween(row.entry?.since ?? row.start, now)).sort((a, b) => a - b);
  return waits[Math.floor((waits.length - 1) / 2)] ?? null;
}

/** Whoever has not come in yet by themselves may be put in line for video by the desk. */
export function mayJoin(row: Row): boolean {
  return !isQueued(row) && !isInRoom(row) && !isDone(row) && row.modality !== "in-person";
}

/** There is something to press next: whoever waits with what works needs nothing. */
export function maySendStep(row: Row): boolean {
  if (isInRoom(row) || isDone(row)) return false;
  return !isQueued(row) || broken(row.entry?.camera) || broken(row.entry?.microphone);
}
