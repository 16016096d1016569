import { describe, expect, it } from "vitest";
import { Problem, type Api } from "../../src/lib/api";
import { endInField, endOnWire, HoursStore, likeMonday, nextStretch, type Hours } from "../../src/staff/hours-store";
import type { Session } from "../../src/staff/session";

const PRACTICE: Hours = {
  owner_id: "c1", own: true, zone: "Europe/London", step: 15, notice: 15,
  hours: [{ weekday: 1, begins: "09:00", ends: "12:30" }, { weekday: 2, begins: "10:00", ends: "11:00" }, { weekday: 6, begins: "10:00", ends: "24:00" }],
  exceptions: [],
};

function storeWith(answer: (method: string, path: string, body: unknown) => unknown): HoursStore {
  const api = Object.fromEntries(["get", "post", "put", "delete"].map((method) => [method, async (path: string, body: unknown) => answer(method, path, body)]));
  const me = { role: "admin", practice: { id: "c1", zone: "Europe/London" } };
  return new HoursStore({ api: api as unknown as Api, me } as unknown as Session, [{ id: "p1", name: "Dr Lim" }], [], PRACTICE);
}

describe("hours", () => {
  it("copy Monday to the working days and leave the weekend", () => {
    const copied = likeMonday(PRACTICE.hours);
    expect(copied.filter((one) => one.weekday === 2)).toEqual([{ weekday: 2, begins: "09:00", ends: "12:30" }]);
    expect(copied.map((one) => one.weekday)).toEqual([1, 6, 2, 3, 4, 5]);
  });

  it("propose the afternoon after the morning, and no overlap", () => {
    expect(nextStretch([], 3)).toEqual({ weekday: 3, begins: "09:00", ends: "12:30" });
    expect(nextStretch(PRACTICE.hours, 1)).toEqual({ weekday: 1, begins: "13:00", ends: "18:00" });
    expect(nextStretch([{ weekday: 1, begins: "13:00", ends: "17:00" }], 1).begins).toBe("17:00");
  });

  it("write the end of a day as 24:00 and show it as midnight", () => {
    expect([endOnWire("00:00"), endOnWire("17:30"), endInField("24:00"), endInField("17:30")]).toEqual(["24:00", "17:30", "00:00", "17:30"]);
  });

  it("put a refusal beside the field and keep what was typed", async () => {
    const store = storeWith(() => {
      throw new Problem(422, "invalid", "The hours need fixing.", [{ pointer: "/hours/0/ends", detail: "must be later than begins" }]);
    });
    store.editStretch(0, { ends: "08:00" });
    await store.save("Saved");
    expect(store.faults.value).toEqual([{ field: "hours-0-ends", text: "must be later than begins" }]);
    expect(store.draft.value.hours[0]?.ends).toBe("08:00");
    expect(store.said.value).toBe("");
  });

  it("save the whole week of whoever is shown", async () => {
    const calls: [string, string, unknown][] = [];
    const store = storeWith((method, path, body) => {
      calls.push([method, path, body]);
      return { ...PRACTICE, owner_id: "p1", own: false };
    });
    await store.open("p1");
    store.edit({ step: 30 });
    await store.save("Saved");
    expect(calls.map(([method, path]) => `${method} ${path}`)).toEqual(["get /v1/providers/p1/hours", "put /v1/providers/p1/hours"]);
    expect(calls[1]?.[2]).toMatchObject({ zone: "Europe/London", step: 30, hours: [{ weekday: 1, valid_from: null }, {}, {}] });
    expect(store.said.value).toBe("Saved");
  });

  it("close a whole day when no times are given", async () => {
    let sent: unknown;
    const store = storeWith((_, __, body) => {
      sent = body;
      return { id: "e1", day: "2026-12-25", kind: "closed", begins: "00:00", ends: "24:00", practice: true };
    });
    expect(await store.addDay({ day: "2026-12-25", kind: "closed", begins: "", ends: "" })).toBe(true);
    expect(sent).toEqual({ day: "2026-12-25", kind: "closed" });
    expect(store.saved.value.exceptions).toHaveLength(1);
  });
});
