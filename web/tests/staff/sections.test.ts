import { describe, expect, it } from "vitest";
import { afterFor, age, divide, isBeside, isMine, isNotReady, matches, myVisit, nextFor, roomOf, TARGET_MIN, waitTone } from "../../src/staff/sections";
import type { Row } from "../../src/staff/types";

const NOW = Date.parse("2026-11-24T14:30:00Z");
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();

interface Wish {
  start?: number;
  provider?: string;
  beside?: string;
  group?: string;
  by?: string;
  status?: string;
  visit?: string;
  entry?: { state?: string; position?: number; since?: number; camera?: string; microphone?: string; media?: string };
}

function row(id: string, wish: Wish = {}): Row {
  const { entry } = wish;
  return {
    id,
    status: wish.status ?? "booked",
    start: at(wish.start ?? 0),
    end: at((wish.start ?? 0) + 20),
    zone: "Europe/Lisbon",
    revision: 1,
    version: 1,
    visit_type: "Review",
    modality: "video",
    participation: "accepted",
    provider: { id: wish.provider ?? "me", name: "Dr Lim" },
    co_providers: wish.beside ? [{ id: wish.beside, name: "Dr Wu" }] : [],
    ...(wish.group ? { group_id: wish.group, group: { number: 1, shows: "nothing" as const } } : {}),
    person: { id: `p-${id}`, name: id, birth_date: "1980-01-01", number: "1", language: "en", needs: [] },
    link: {},
    first: false,
    devices: [],
    tries_left: 5,
    guests: [],
    intake: { place: false, phone: false, licence: "unknown", asked: 0, done: 0, alarm: false },
    delivery: {},
    ...(entry
      ? {
          entry: {
            id: `e-${id}`,
            state: entry.state ?? "waiting",
            version: 1,
            since: at(entry.since ?? 0),
            position: entry.position ?? 1,
            media: entry.media ?? "video",
            camera: entry.camera ?? "ok",
            microphone: entry.microphone ?? "ok",
            present: true,
          },
        }
      : {}),
    visit: { id: `v-${id}`, status: wish.visit ?? "planned", version: 1 },
    conversation: { id: `c-${id}` },
  } as Row;
}

const ME = new Set(["me"]);
const ids = (rows: Row[]): string[] => rows.map((one) => one.id);

describe("divide", () => {
  it("puts each row in one list", () => {
    const rows = [
      row("room", { visit: "in-progress", entry: { state: "admitted" } }),
      row("waits", { entry: {} }),
      row("away", { entry: { state: "away", position: 2 } }),
      row("left", { entry: { state: "left" } }),
      row("later", { start: 30 }),
      row("held", { status: "fulfilled", visit: "completed", entry: { state: "admitted" } }),
      row("cancelled", { status: "cancelled" }),
    ];
    const { room, waiting, coming, done } = divide(rows);
    expect(ids(room)).toEqual(["room"]);
    expect(ids(waiting)).toEqual(["waits", "away"]);
    expect(ids(coming)).toEqual(["left", "later"]);
    expect(ids(done).sort()).toEqual(["cancelled", "held"]);
  });

  it("keeps the server's place in line, and booked time only between equal places", () => {
    const rows = [
      row("third", { start: -30, entry: { position: 3 } }),
      row("first", { start: 10, entry: { position: 1 } }),
      row("second-late", { start: 5, entry: { position: 2 } }),
      row("second-early", { start: 0, entry: { position: 2 } }),
    ];
    expect(ids(divide(rows).waiting)).toEqual(["first", "second-early", "second-late", "third"]);
  });

  it("takes a row whose entry was removed by a merge patch as not yet here", () => {
    const { waiting, coming } = divide([row("gone")]);
    expect([ids(waiting), ids(coming)]).toEqual([[], ["gone"]]);
  });
});

describe("who is next", () => {
  const waiting = [
    row("other", { provider: "someone", entry: { position: 1 } }),
    row("away", { entry: { state: "away", position: 2 } }),
    row("a", { entry: { position: 3 } }),
    row("b", { entry: { position: 4 } }),
  ];

  it("is the first of my own line who is at the page", () => {
    expect(nextFor(ME, waiting)?.id).toBe("a");
  });

  it("is someone away only when nobody else of mine waits", () => {
    expect(nextFor(ME, waiting.slice(0, 2))?.id).toBe("away");
    expect(nextFor(ME, waiting.slice(0, 1))).toBeNull();
  });

  it("goes on to the one after, and round again, among mine only", () => {
    expect(afterFor(ME, waiting, null)?.id).toBe("a");
    expect(afterFor(ME, waiting, "a")?.id).toBe("b");
    expect(afterFor(ME, waiting, "b")?.id).toBe("away");
    expect(afterFor(ME, [], "b")).toBeNull();
  });

  it("finds the visit a reloaded page returns to", () => {
    const running = row("r", { visit: "in-progress", entry: { state: "admitted" } });
    expect(myVisit("me", [...waiting, running])?.id).toBe("r");
    expect(myVisit("someone", [running])).toBeNull();
  });
});

describe("waitTone", () => {
  const tone = (start: number, since: number): string => waitTone(row("x", { start, entry: { since } }), NOW);

  it("never calls anyone late before their booked time", () => {
    expect(tone(1, -59)).toBe("early");
  });

  it("counts from the booked time for who came early, from check-in for who came late", () => {
    expect(tone(-10, -60)).toBe("in-time");
    expect(tone(-11, -60)).toBe("near");
    expect(tone(-TARGET_MIN - 1, -60)).toBe("late");
    expect(tone(-40, -2)).toBe("in-time");
  });
});

describe("filters", () => {
  it("shows who is not ready: a blocked microphone, a missing camera for video, a text that did not arrive", () => {
    expect(isNotReady(row("ok", { entry: {} }))).toBe(false);
    expect(isNotReady(row("mic", { entry: { microphone: "site-denied" } }))).toBe(true);
    expect(isNotReady(row("cam", { entry: { camera: "absent" } }))).toBe(true);
    expect(isNotReady(row("voice", { entry: { camera: "absent", media: "voice" } }))).toBe(false);
    expect(isNotReady({ ...row("sms"), delivery: { sms: "failed" } })).toBe(true);
    expect(isNotReady({ ...row("over", { status: "fulfilled" }), delivery: { sms: "failed" } })).toBe(false);
  });

  it("knows mine and interpreters", () => {
    const portuguese = row("pt");
    portuguese.person.needs = [{ kind: "interpreter", detail: "pt" }];
    expect(matches(portuguese, "interpreter", ME)).toBe(true);
    expect(matches(row("en"), "interpreter", ME)).toBe(false);
    expect(matches(row("theirs", { provider: "you" }), "mine", ME)).toBe(false);
  });
});

describe("age", () => {
  it("turns on the birthday", () => {
    const day = (text: string): number => new Date(`${text}T12:00:00`).getTime();
    expect(age("1958-03-14", day("2026-03-13"))).toBe(67);
    expect(age("1958-03-14", day("2026-03-14"))).toBe(68);
    expect(age("2008-02-29", day("2026-02-28"))).toBe(17);
  });
});

describe("order and filters of the waiting list", () => {
  const line = [
    row("a", { start: 0, entry: { position: 1, since: -5 } }),
    row("b", { start: 10, entry: { position: 2, since: -30 } }),
    row("c", { start: 20, entry: { position: 3, since: -10 } }),
  ];
  const c = line[2]?.entry;
  if (c) c.acuity = 2;

  it("follows the line, urgency, the booked time, or the longest wait", () => {
    expect(ids(divide(line).waiting)).toEqual(["a", "b", "c"]);
    expect(ids(divide(line, "acuity").waiting)).toEqual(["c", "a", "b"]);
    expect(ids(divide(line, "booked").waiting)).toEqual(["a", "b", "c"]);
    expect(ids(divide(line, "wait").waiting)).toEqual(["b", "c", "a"]);
  });

  it("finds the urgent and those nobody has looked at", () => {
    expect(ids(line.filter((one) => matches(one, "urgent", ME)))).toEqual(["c"]);
    const b = line[1]?.entry;
    if (b) b.seen_at = at(-1);
    expect(ids(line.filter((one) => matches(one, "unseen", ME)))).toEqual(["a", "c"]);
  });
});

describe("a line of several providers", () => {
  const pooled = row("pooled", { provider: "she", entry: { position: 1 } });
  if (pooled.entry) pooled.entry.lane = "nurses";
  const me = new Set(["me", "nurses"]);

  it("is mine when I serve the pool, until a colleague calls", () => {
    expect(isMine(pooled, me)).toBe(true);
    expect(isMine(pooled, ME)).toBe(false);
    const entry = { ...pooled.entry, state: "called", provider: { id: "she", name: "She" } } as Row["entry"];
    expect(isMine({ ...pooled, entry: entry ?? null }, me)).toBe(false);
    const called = { ...entry, provider: { id: "me", name: "Me" } } as Row["entry"];
    expect(isMine({ ...pooled, entry: called ?? null }, me)).toBe(true);
  });
});

describe("a second clinician and a group", () => {
  const shared = (id: string, wish: Wish = {}): Row => row(id, { provider: "she", beside: "me", ...wish });
  const led = (id: string, by: string, wish: Wish = {}): Row => {
    const made = shared(id, { visit: "in-progress", entry: { state: "admitted" }, ...wish });
    if (made.entry) made.entry.provider = { id: by, name: by };
    return made;
  };

  it("is mine too while nobody else's line has it", () => {
    expect([isMine(shared("coming"), ME), isBeside(shared("coming"), "me"), isBeside(shared("coming"), "she")]).toEqual([true, true, false]);
    const waits = shared("waits", { entry: {} });
    if (waits.entry) waits.entry.lane = "she";
    expect(isMine(waits, ME)).toBe(true);
    expect(nextFor(ME, [waits])?.id).toBe("waits");
    if (waits.entry) waits.entry.lane = "somebody";
    expect(isMine(waits, ME)).toBe(false);
  });

  it("opens by itself for who leads it, and for the other only once they went in", () => {
    const visit = led("v", "she");
    expect(myVisit("she", [visit])?.id).toBe("v");
    expect(myVisit("me", [visit])).toBeNull();
    expect(myVisit("me", [visit], roomOf(visit))?.id).toBe("v");
    expect(myVisit("stranger", [visit], roomOf(visit))).toBeNull();
  });

  it("waits for its provider when the second clinician let the patient in", () => {
    const visit = led("v", "me");
    expect(myVisit("she", [visit])).toBeNull();
    expect(myVisit("she", [visit], roomOf(visit))?.id).toBe("v");
  });

  it("is one room, and what is over of it is not", () => {
    const [one, two] = [led("one", "she", { group: "g" }), led("two", "she", { group: "g" })];
    expect([roomOf(one), roomOf(two), roomOf(led("alone", "she"))]).toEqual(["g", "g", "v-alone"]);
    const gone = { ...one, visit: { ...one.visit, status: "completed" as const } };
    expect(myVisit("me", [gone, two], "g")?.id).toBe("two");
    expect(myVisit("me", [gone], "g")).toBeNull();
  });

  it("in a group that is booked but cannot be held as one, each visit is a room of its own", () => {
    const one = { ...led("one", "she"), group_id: "g", group: null };
    expect(roomOf(one)).toBe("v-one");
  });
});
