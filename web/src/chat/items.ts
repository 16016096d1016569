/** From verified lines to what is shown: days, messages, changes of who can read. Pure. */
import type { Line } from "../crypto/reading";
import type { MemberChange } from "../crypto/state";
import { dayKey } from "../lib/time";

export type ChangeKind = "new_phone" | "new_phone_confirmed" | "new_staff" | "gone";

export interface Change {
  kind: ChangeKind;
  deviceId: string;
}

export type Item =
  | { type: "day"; key: string; at: number }
  | { type: "change"; key: string; change: Change }
  | { type: "message"; key: string; line: Line; at: number | null };

/** What is known of a device that came or went. */
export interface DeviceFacts {
  /** Phones nobody has vouched for, to be shown even where no change of keys brought them (the first epoch). */
  unconfirmed: readonly string[];
  isStaff(deviceId: string): boolean;
  /** Vouched for by staff or certified by the practice. */
  isConfirmed(deviceId: string): boolean;
}

/** When a line was written, in ms: by its author's clock for what is still here, by the server's for what it has numbered. */
export function timeOf(line: Line): number | null {
  if (line.receivedAt !== null) return line.receivedAt * 1000;
  return line.body?.ts ?? null;
}

/**
 * Items in order. A change stands before the first message of the epoch that brought it (`epochOf`, by message id); one that no
 * message has used yet stands last. Message ids are unique, so a message can never be shown twice.
 */
export function itemsOf(
  lines: readonly Line[], changes: readonly MemberChange[], epochOf: ReadonlyMap<string, number>, facts: DeviceFacts, zone: string,
): Item[] {
  const items: Item[] = [];
  const seen = new Set<string>();
  const told = new Set(changes.flatMap((change) => change.added));
  const first = { n: 0, added: facts.unconfirmed.filter((deviceId) => !told.has(deviceId)), removed: [] };
  const waiting = [first, ...changes];
  let day = "";
  for (const line of lines) {
    if (seen.has(line.msgId)) continue;
    seen.add(line.msgId);
    const n = epochOf.get(line.msgId) ?? 0;
    while (waiting[0] && waiting[0].n <= n) items.push(...changeItems(waiting.shift() as MemberChange, facts));
    const at = timeOf(line);
    if (at !== null && dayKey(new Date(at), zone) !== day) {
      day = dayKey(new Date(at), zone);
      items.push({ type: "day", key: `day-${day}`, at });
    }
    items.push({ type: "message", key: line.msgId, line, at });
  }
  return [...items, ...waiting.flatMap((change) => changeItems(change, facts))];
}

function changeItems(change: MemberChange, facts: DeviceFacts): Item[] {
  const came = change.added.map((deviceId) => ({ kind: cameAs(deviceId, facts), deviceId }));
  const went = change.removed.map((deviceId) => ({ kind: "gone" as const, deviceId }));
  return [...came, ...went].map((one) => ({ type: "change", key: `${change.n}-${one.kind}-${one.deviceId}`, change: one }));
}

function cameAs(deviceId: string, facts: DeviceFacts): ChangeKind {
  if (facts.isStaff(deviceId)) return "new_staff";
  return facts.isConfirmed(deviceId) ? "new_phone_confirmed" : "new_phone";
}
