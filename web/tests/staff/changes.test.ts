import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem, type Api } from "../../src/lib/api";
import { Changes, UNDO_MS } from "../../src/staff/changes";
import type { Session } from "../../src/staff/session";
import type { Slotted } from "../../src/staff/types";

const ROW = {
  id: "a1", status: "booked", start: "2026-11-24T09:00:00Z", end: "2026-11-24T09:15:00Z", version: 3,
  visit_type: { id: "t1", name: "Follow-up", modality: "video" }, provider: { id: "p1", name: "Dr Lim" }, person: { id: "m1", name: "Marta" }, attention: [],
} as unknown as Slotted;
const LATER = { start: "2026-11-24T11:00:00Z", provider_id: "p1" };

let calls: [string, unknown][];
let refuse: Problem | null;
let changes: Changes;

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  refuse = null;
  const answer = async (path: string, body?: unknown): Promise<unknown> => {
    calls.push([path, body]);
    if (refuse) throw refuse;
    return { slots: [] };
  };
  const api = { get: answer, post: answer } as unknown as Api;
  changes = new Changes({ api } as unknown as Session, (id) => (id === "a1" ? ROW : undefined));
});
afterEach(() => vi.useRealTimers());

describe("changing a visit", () => {
  it("moves it on the version that was seen, and shows it there meanwhile", async () => {
    const done = changes.move(ROW, LATER);
    expect(changes.wayOf(ROW)).toMatchObject(LATER);
    expect(await done).toBe(true);
    expect(calls).toEqual([["/v1/appointments/a1/move", { version: 3, ...LATER }]]);
    expect(changes.wayOf(ROW), "until the live row comes").toMatchObject(LATER);
    expect(changes.wayOf({ ...ROW, version: 4 })).toBeUndefined();
    expect(changes.done.value).toMatchObject({ kind: "moved", was: { start: ROW.start, provider_id: "p1" } });
  });

  it("puts it back and shows the next free times when the place is taken", async () => {
    refuse = new Problem(409, "slot-taken", "Somebody is there.", [], { next_free: [{ start: "x" }] });
    expect(await changes.move(ROW, LATER)).toBe(false);
    expect(changes.wayOf(ROW)).toBeUndefined();
    expect(changes.problem.value).toBe("Somebody is there.");
    expect(changes.selected.value).toBe("a1");
    expect(changes.proposals.value).toEqual({ state: "ready", slots: [{ start: "x" }] });
  });

  it("asks nobody when nothing would change", async () => {
    expect(await changes.move(ROW, { start: ROW.start, provider_id: "p1" })).toBe(true);
    expect(calls).toEqual([]);
  });

  it("sends nothing of a visit called off before it can no longer be kept", async () => {
    changes.cancel(ROW, "pat");
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1);
    expect(calls).toEqual([]);
    changes.keep();
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(calls).toEqual([]);
    changes.cancel(ROW, "prov");
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(calls).toEqual([["/v1/appointments/a1/cancel", { version: 3, reason: "prov" }]]);
    expect(changes.done.value?.kind).toBe("cancelled");
    expect(changes.leaving.value).toBeNull();
  });

  it("sends it at once when the page closes, or when the next one is called off", async () => {
    changes.cancel(ROW, "pat");
    changes.flush();
    changes.cancel({ ...ROW, id: "a2" } as Slotted, "pat");
    changes.cancel({ ...ROW, id: "a3" } as Slotted, "pat");
    expect(calls.map(([path]) => path)).toEqual(["/v1/appointments/a1/cancel", "/v1/appointments/a2/cancel"]);
    expect(changes.leaving.value?.id).toBe("a3");
  });
});
