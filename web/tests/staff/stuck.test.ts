import { describe, expect, it } from "vitest";
import { allStuck, medianWait, roomsOf, stuckOf, type Cause } from "../../src/staff/stuck";
import type { Row } from "../../src/staff/types";

const NOW = Date.parse("2026-11-24T14:30:00Z");
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();

type Entry = NonNullable<Row["entry"]>;

function row(id: string, wish: Partial<Row> & { start?: string } = {}): Row {
  return {
    id,
    status: "booked",
    start: at(5),
    end: at(20),
    zone: "Europe/London",
    revision: 1,
    version: 1,
    visit_type: "Review",
    modality: "video",
    participation: "accepted",
    provider: { id: "p", name: "Dr Lim" },
    co_providers: [],
    person: { id, name: id, birth_date: "1980-01-01", number: "", language: "en", needs: [] },
    devices: [],
    tries_left: 5,
    guests: [],
    intake: { place: false, phone: false, licence: "unknown", asked: 0, done: 0, alarm: false },
    link: {},
    first: false,
    delivery: {},
    visit: { id, status: "planned", version: 1 },
    conversation: { id },
    ...wish,
  };
}

function entry(wish: Partial<Entry> = {}): Entry {
  return { id: "e", state: "waiting", version: 1, since: at(-1), position: 1, media: "video", camera: "ok", microphone: "ok", present: true, ...wish };
}

const why = (one: Row): Cause | null => stuckOf(one, NOW)?.cause ?? null;
const opened = { opened_at: at(-4), handset: "iphone" };

describe("who is stuck", () => {
  it.each<[Cause | null, Row]>([
    [null, row("waits well", { entry: entry() })],
    ["urgent", row("urgent", { entry: entry({ acuity: 2 }) })],
    ["microphone", row("deaf", { entry: entry({ microphone: "site-denied" }) })],
    ["camera", row("blind", { entry: entry({ camera: "in-use" }) })],
    [null, row("voice only is a choice", { entry: entry({ media: "voice", camera: "absent" }) })],
    [null, row("by phone needs no device", { entry: entry({ media: "phone", microphone: "unchecked" }) })],
    ["gone", row("away", { entry: entry({ state: "away" }) })],
    ["unseen", row("unseen", { entry: entry({ since: at(-3) }) })],
    [null, row("seen", { entry: entry({ since: at(-3), seen_at: at(-2) }) })],
    ["long-wait", row("long", { start: at(-30), entry: entry({ since: at(-30), seen_at: at(-29) }) })],
    [null, row("early", { start: at(20), entry: entry({ since: at(-30), seen_at: at(-29) }) })],
    ["refused-before", row("refused", { link: { ...opened, camera: "site-denied", microphone: "ok", checked_at: at(-2) } })],
    ["in-app", row("mail app", { link: { ...opened, in_app: "facebook" } })],
    [null, row("mail app, but works", { link: { ...opened, in_app: "facebook", camera: "ok", microphone: "ok", checked_at: at(-3) } })],
    ["not-ready", row("dawdles", { link: opened })],
    [null, row("just opened", { link: { opened_at: at(-1) } })],
    ["not-here", row("late", { start: at(-4) })],
    ["undelivered", row("text failed", { delivery: { sms: "failed" } })],
    [null, row("text failed, mail came", { delivery: { sms: "failed", email: "delivered" } })],
    ["declined", row("declined", { participation: "declined" })],
    ["rehearse", row("first", { first: true })],
    [null, row("first, tried out", { first: true, link: { ...opened, camera: "ok", microphone: "ok", checked_at: at(-3) } })],
    ["not-confirmed", row("silent", { participation: "needs-action" })],
    [null, row("tomorrow", { start: at(600), participation: "needs-action" })],
    [null, row("cancelled", { status: "cancelled", start: at(-5) })],
    [null, row("in the room", { visit: { id: "v", status: "in-progress", version: 2 }, entry: entry({ state: "admitted" }) })],
    ["no-interpreter", row("no words", { person: { id: "x", name: "x", birth_date: "1980-01-01", number: "", language: "bn", needs: [{ kind: "interpreter", detail: "bn" }] } })],
  ])("%s", (cause, one) => {
    expect(why(one), one.id).toBe(cause);
  });

  it("says how long, and what helps first", () => {
    const one = stuckOf(row("refused", { link: { ...opened, microphone: "site-denied", checked_at: at(-2) } }), NOW);
    expect([one?.minutes, one?.help, one?.tone]).toEqual([2, "ring", "warn"]);
  });

  it("puts first who needs it most, and each person once", () => {
    const rows = [
      row("silent", { participation: "needs-action" }),
      row("late", { start: at(-4) }),
      row("unseen", { entry: entry({ since: at(-3) }) }),
      row("urgent", { entry: entry({ acuity: 1 }) }),
    ];
    expect(allStuck(rows, NOW).map((one) => one.row.id)).toEqual(["urgent", "late", "unseen", "silent"]);
  });
});

describe("rooms", () => {
  it("hold who is in them and who waits, and say how late they run", () => {
    const rows = [
      row("second", { start: at(-9), entry: entry({ since: at(-12), position: 2 }) }),
      row("in", { visit: { id: "v", status: "in-progress", version: 2 }, entry: entry({ state: "admitted" }) }),
      row("first", { start: at(-2), entry: entry({ since: at(-4), position: 1 }) }),
      row("coming"),
      row("other", { provider: { id: "q", name: "Dr Adams" } }),
    ];
    const rooms = roomsOf(rows, NOW);
    expect(rooms.map((room) => [room.provider.name, room.rows.map((one) => one.id), room.late])).toEqual([
      ["Dr Adams", [], 0],
      ["Dr Lim", ["in", "first", "second"], 9],
    ]);
    expect(medianWait(rows, NOW)).toBe(4);
    expect(medianWait([], NOW)).toBeNull();
  });
});
