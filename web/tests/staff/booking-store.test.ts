import { beforeEach, describe, expect, it, vi } from "vitest";
import { Problem, type Api, type Options } from "../../src/lib/api";
import { BookingStore } from "../../src/staff/booking-store";
import type { Session } from "../../src/staff/session";
import type { FoundPerson, Slot, VisitType } from "../../src/staff/types";

const LONDON = { zone: "Europe/London", offset: "+00:00", ambiguous: false };
const slot = (start: string): Slot => ({
  provider_id: "p1", provider_name: "Dr Lim", start, end: start, why: "next", for_provider: LONDON, for_person: null,
});
const [FIRST, SECOND, THIRD] = ["2026-11-25T15:00:00Z", "2026-11-26T08:50:00Z", "2026-11-27T11:40:00Z"].map(slot) as [Slot, Slot, Slot];
const TYPE: VisitType = { id: "t1", name: "Follow-up", minutes: 15, modality: "video", before: 0, after: 0, booked_by: ["scheduler"], offered_by: [] };
const MARTA: FoundPerson = {
  id: "m1", name: "Marta Reis", birth_date: "1986-03-14", number: "7", language: "pt",
  needs: [{ kind: "interpreter", detail: "Portuguese" }],
};

interface Call {
  method: string;
  path: string;
  body: Record<string, unknown>;
  key: string | undefined;
}

/** The server's side of booking, as docs/protocol.md says it. */
class Server {
  readonly calls: Call[] = [];
  taken: Slot[] | null = null;
  elsewhere = false;
  outside: unknown[] = [];
  held = 0;
  readonly pending: (() => void)[] = [];
  slow = false;

  readonly api = {
    role: "scheduler",
    get: async (path: string) => this.#note("GET", path, {}, {}),
    post: async (path: string, body: Record<string, unknown>, options: Options = {}) => this.#note("POST", path, body, options),
    delete: async (path: string, options: Options = {}) => this.#note("DELETE", path, {}, options),
  } as unknown as Api;

  async #note(method: string, path: string, body: Record<string, unknown>, options: Options): Promise<unknown> {
    this.calls.push({ method, path, body, key: options.key });
    if (path.startsWith("/v1/slots")) return { slots: [FIRST, SECOND], none: null, practice_zone: "Europe/London", person: { zone: "Europe/Madrid", known: true, language: "pt" } };
    if (path === "/v1/holds") {
      const id = `h${++this.held}`;
      if (this.slow) await new Promise<void>((done) => this.pending.push(done));
      if (this.taken) throw new Problem(409, "slot-taken", "", [], { next_free: this.taken });
      return { id, expires_at: "2026-11-25T12:02:00Z" };
    }
    if (path === "/v1/groups" || path === "/v1/series") return { rows: [{ id: "a1" }, { id: "a2" }] };
    if (path === "/v1/series/preview") {
      const one = { number: 1, wall: "2026-11-25T15:00", state: "free", start: FIRST.start, in_hours: true };
      return { occurrences: [one, { ...one, number: 2, wall: "2026-12-09T15:00", state: "taken" }] };
    }
    if (path === "/v1/appointments" && this.elsewhere) throw new Problem(409, "person-elsewhere", "another visit then");
    if (path === "/v1/appointments") {
      if (this.taken) throw new Problem(409, "slot-taken", "", [], { next_free: this.taken });
      return { row: { id: "a1" }, messages: [] };
    }
    if (path === "/v1/appointments/preview") return { messages: [], others_outside: this.outside };
    return { messages: [], lines: [] };
  }

  sent(method: string, path: string): Call[] {
    return this.calls.filter((call) => call.method === method && call.path === path);
  }
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 0));
let server: Server;
let store: BookingStore;

beforeEach(async () => {
  server = new Server();
  const me = { role: "scheduler", account: { id: "s", name: "S", initials: "S" }, practice: { id: "c", zone: "Europe/London" }, person_id: null };
  const session = { api: server.api, me } as unknown as Session;
  store = new BookingStore(session, { providers: [{ id: "p1", name: "Dr Lim" }], types: [TYPE, { ...TYPE, id: "t2", booked_by: ["admin"] }] }, () => undefined, vi.fn());
  store.choosePerson(MARTA);
  await settled();
});

describe("booking", () => {
  it("asks for times as soon as the patient is known, offers what this role may book, and brings the interpreter along", () => {
    expect(server.calls[0]?.path).toBe("/v1/slots?visit_type_id=t1&person_id=m1");
    expect(store.types.map((type) => type.id)).toEqual(["t1"]);
    expect(store.interpreter.value).toBe("Portuguese");
    expect(store.personZone).toBe("Europe/Madrid");
  });

  it("holds the time that is clicked and books it with its hold", async () => {
    await store.choose(FIRST);
    expect(server.sent("POST", "/v1/holds")[0]?.body).toEqual({ provider_id: "p1", visit_type_id: "t1", start: FIRST.start });
    await store.book();
    expect(server.sent("POST", "/v1/appointments")[0]?.body).toEqual({
      person_id: "m1", provider_id: "p1", visit_type_id: "t1", start: FIRST.start, interpreter: "Portuguese", hold_id: "h1",
    });
    expect(store.booked.value?.id).toBe("a1");
    expect(server.calls.filter((call) => call.method === "DELETE")).toEqual([]);
  });

  it("gives a hold back when another time is chosen, also one that comes late", async () => {
    server.slow = true;
    const first = store.choose(FIRST);
    const second = store.choose(SECOND);
    for (const answer of server.pending) answer();
    await Promise.all([first, second]);
    expect(server.sent("DELETE", "/v1/holds/h1")).toHaveLength(1);
    const when = store.when.value;
    expect(when.kind === "slot" && when.slot === SECOND && when.hold?.id).toBe("h2");
    store.wish(() => (store.providerId.value = "p1"));
    expect(server.sent("DELETE", "/v1/holds/h2")).toHaveLength(1);
    expect(store.when.value.kind).toBe("none");
  });

  it("shows the next free times when the time is gone, at the click and at booking", async () => {
    server.taken = [THIRD];
    await store.choose(FIRST);
    expect(store.times.value).toMatchObject({ state: "ready", gone: true, answer: { slots: [THIRD] } });
    server.taken = null;
    await store.choose(THIRD);
    server.taken = [SECOND];
    await store.book();
    expect(store.times.value).toMatchObject({ state: "ready", gone: true, answer: { slots: [SECOND] } });
    expect(store.booked.value).toBeNull();
    expect(store.person.value).toBe(MARTA);
  });

  it("tries again under a new key after a refusal, and under the same one when nothing was answered", async () => {
    await store.choose(FIRST);
    server.taken = [SECOND];
    await store.book();
    server.taken = null;
    await store.choose(SECOND);
    await store.book();
    const keys = server.sent("POST", "/v1/appointments").map((call) => call.key);
    expect(new Set(keys).size).toBe(2);
  });

  it("refuses a typed time that the clocks skip, asks which of two, and keeps what was typed", async () => {
    store.type();
    store.providerId.value = "p1";
    store.typeWall({ date: "2027-03-28", time: "01:30" });
    await store.book();
    expect(store.faults.value.map((fault) => fault.field)).toEqual(["time"]);
    expect(store.wall.value.time).toBe("01:30");
    store.typeWall({ date: "2027-10-31", time: "01:30" });
    await store.book();
    expect(store.faults.value.map((fault) => fault.field)).toEqual(["which-0"]);
    store.which.value = 1;
    await store.book();
    expect(server.sent("POST", "/v1/appointments").at(-1)?.body["start"]).toBe("2027-10-31T01:30+00:00");
  });

  it("wants a name for a typed time", async () => {
    store.type();
    store.typeWall({ date: "2027-03-01", time: "09:30" });
    await store.book();
    expect(store.faults.value.map((fault) => fault.field)).toEqual(["provider"]);
  });
});

describe("a booking that is more than one visit", () => {
  const LEO: FoundPerson = { ...MARTA, id: "l1", name: "Leo Fontaine", needs: [] };

  it("takes another provider's time along, and never the one it is with twice", async () => {
    store.beside.value = ["p2", "p1"];
    await store.choose(FIRST);
    await store.book();
    expect(server.sent("POST", "/v1/appointments")[0]?.body).toMatchObject({ provider_id: "p1", co_provider_ids: ["p2"], hold_id: "h1" });
  });

  it("books a family at one time with the hold, each for themselves", async () => {
    store.people.value = [LEO];
    await store.choose(FIRST);
    await store.book();
    const [call] = server.sent("POST", "/v1/groups");
    expect(call?.body).toMatchObject({ hold_id: "h1", start: FIRST.start, people: [{ person_id: "m1", interpreter: "Portuguese" }, { person_id: "l1" }] });
    expect(server.sent("POST", "/v1/appointments")).toEqual([]);
    expect(store.booked.value?.rows?.map((row) => row.id)).toEqual(["a1", "a2"]);
  });

  it("lays a series out, leaves dates out, and gives the held time back first, which it would stand in the way of itself", async () => {
    store.every.value = "2-weekly";
    store.count.value = "6";
    await store.choose(FIRST);
    await store.layOut();
    expect(store.occurrences.value?.map((one) => one.state)).toEqual(["free", "taken"]);
    store.leftOut.value = ["2026-12-09T15:00"];
    await store.book();
    const [call] = server.sent("POST", "/v1/series");
    expect(call?.body).toMatchObject({ repeat: { freq: "weekly", interval: 2, count: 6 }, choices: [{ wall: "2026-12-09T15:00", start: null }] });
    expect(call?.body).not.toHaveProperty("hold_id");
    expect(server.calls.findIndex((one) => one.path === "/v1/holds/h1")).toBeLessThan(server.calls.findIndex((one) => one.path === "/v1/series"));
  });

  it("asks of everybody in it where they were last, and says who has no licence there", async () => {
    server.outside = [{ person_id: "l1", provider_id: "p1", region: "US-CA" }];
    store.people.value = [LEO];
    store.every.value = "weekly";
    await store.choose(FIRST);
    await vi.waitFor(() => expect(store.preview.value.state).toBe("ready"));
    expect(server.sent("POST", "/v1/appointments/preview").at(-1)?.body).toMatchObject({ person_id: "m1", others: ["l1"] });
    expect([store.outside.value, store.othersOutside.value]).toEqual([null, server.outside]);
    store.people.value = [];
    expect(store.othersOutside.value, "what was said of somebody who is out again").toEqual([]);
  });

  it("has room for eleven patients, one less for each provider beside", () => {
    expect(store.room).toBe(10);
    store.people.value = [LEO];
    store.beside.value = ["p2", "p3"];
    expect(store.room).toBe(7);
  });

  it("refuses a number of times that is none", async () => {
    store.every.value = "weekly";
    store.count.value = "1";
    await store.choose(FIRST);
    await store.book();
    expect(store.faults.value.map((one) => one.field)).toEqual(["count"]);
    expect(server.sent("POST", "/v1/series")).toEqual([]);
  });

  it("asks whether a second visit at the same time is meant, and books it only then", async () => {
    server.elsewhere = true;
    await store.choose(FIRST);
    await store.book();
    expect([store.clash.value, store.booked.value]).toEqual(["another visit then", null]);
    server.elsewhere = false;
    await store.book(true);
    expect(server.sent("POST", "/v1/appointments").at(-1)?.body).toMatchObject({ even_so: true });
    expect(store.booked.value?.id).toBe("a1");
  });

  it("forgets all of it with the next booking", () => {
    store.people.value = [LEO];
    store.every.value = "weekly";
    store.beside.value = ["p2"];
    store.again();
    expect([store.people.value, store.every.value, store.beside.value]).toEqual([[], "", []]);
  });
});
