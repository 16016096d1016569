/** The order of what is shown: days, changes of who can read, and each message once. */
import { expect, it } from "vitest";
import { itemsOf } from "../../src/chat/items";
import type { Line } from "../../src/crypto/reading";

const NOON = Date.parse("2026-11-23T12:00:00Z") / 1000;
const line = (seq: number, msgId: string, receivedAt: number | null): Line => ({
  seq, msgId, deviceId: "d", personId: null, staff: false, verified: true, mine: receivedAt === null, receivedAt,
  body: { t: "text", ts: NOON * 1000, text: msgId, refs: [], files: [] }, fault: null,
});
const facts = { unconfirmed: [] as string[], isStaff: (id: string) => id === "staff", isConfirmed: (id: string) => id === "known" };
const keys = (...args: Parameters<typeof itemsOf>): string[] => itemsOf(...args).map((item) => item.key);

it("puts a change before the first message of its epoch, and a day before its first message", () => {
  const lines = [line(1, "one", NOON), line(2, "two", NOON + 60), line(3, "three", NOON + 86_400)];
  const epochs = new Map([["one", 1], ["two", 2], ["three", 2]]);
  const changes = [{ n: 2, added: ["phone", "staff"], removed: ["old"] }];
  expect(keys(lines, changes, epochs, facts, "UTC")).toEqual([
    "day-2026-11-23", "one", "2-new_phone-phone", "2-new_staff-staff", "2-gone-old", "two", "day-2026-11-24", "three",
  ]);
});

it("shows a change that no message has used yet last, and a vouched phone as confirmed", () => {
  const changes = [{ n: 2, added: ["known"], removed: [] }];
  expect(keys([line(1, "one", NOON)], changes, new Map([["one", 1]]), facts, "UTC").at(-1)).toBe("2-new_phone_confirmed-known");
});

it("never shows a message twice, nor a day twice around midnight of another zone", () => {
  const lines = [line(1, "one", NOON + 43_199), line(1, "one", NOON + 43_199), line(2, "two", NOON + 43_201), line(0, "mine", null)];
  const shown = keys(lines, [], new Map(), facts, "America/New_York");
  expect(shown).toEqual(["day-2026-11-23", "one", "two", "mine"]);
});

it("shows a phone of the first epoch that nobody has vouched for, once, before everything", () => {
  const unconfirmed = { ...facts, unconfirmed: ["phone", "later"] };
  const changes = [{ n: 2, added: ["later"], removed: [] }];
  const shown = keys([line(1, "one", NOON)], changes, new Map([["one", 1]]), unconfirmed, "UTC");
  expect(shown).toEqual(["0-new_phone-phone", "day-2026-11-23", "one", "2-new_phone-later"]);
});
