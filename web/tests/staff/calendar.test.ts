import { describe, expect, it } from "vitest";
import { axisOf, columnsOf, instantOf, lanesOf, mondayOf, neighbour, nudged, partOf, plusDays, timeOf } from "../../src/staff/calendar-paper";
import { pressing } from "../../src/staff/needs";
import type { Attention, Slotted } from "../../src/staff/types";

const LIM = { id: "p1", name: "Dr Lim" };
const PRICE = { id: "p2", name: "Nurse Price" };
const ZONE = "Europe/London";

function visit(id: string, start: string, provider = LIM, more: Partial<Slotted> = {}): Slotted {
  const end = new Date(Date.parse(start) + 15 * 60_000).toISOString();
  return {
    id, status: "booked", start, end, zone: ZONE, revision: 1, version: 1, participation: "needs-action",
    visit_type: { id: "t1", name: "Follow-up", modality: "video" }, provider,
    person: { id: id, name: `Patient ${id}`, birth_date: "1980-01-01", language: "en" }, delivery: {}, attention: [], co_providers: [], ...more,
  };
}

const OPEN = { p1: [{ start: "2026-11-24T09:00:00Z", end: "2026-11-24T17:00:00Z" }] };

describe("the calendar's paper", () => {
  it("has a column for whoever works or is booked, and none for the others", () => {
    const columns = columnsOf(["2026-11-23", "2026-11-24"], [LIM, PRICE], [visit("a", "2026-11-24T18:00:00Z", PRICE)], OPEN, ZONE);
    expect(columns.map((column) => column.key)).toEqual(["2026-11-24 p1", "2026-11-24 p2"]);
    expect(columns[0]?.open).toEqual([[540, 1020]]);
    expect(axisOf(columns, ZONE)).toEqual({ from: 540, to: 1140 });
  });

  it("puts a visit on the day that the clinic's clock shows and leaves out what was called off", () => {
    const rows = [visit("a", "2026-07-01T23:30:00Z"), visit("b", "2026-07-01T10:00:00Z", LIM, { status: "cancelled" })];
    const columns = columnsOf(["2026-07-01", "2026-07-02"], [LIM], rows, {}, ZONE);
    expect(columns.map((column) => [column.date, column.rows.map((row) => row.id)])).toEqual([["2026-07-02", ["a"]]]);
  });

  it("cuts hours that run over midnight at each day's edge", () => {
    const night: [string, string] = ["2026-11-24T20:00:00Z", "2026-11-25T02:00:00Z"];
    expect(partOf("2026-11-24", ZONE, ...night)).toEqual([1200, 1440]);
    expect(partOf("2026-11-25", ZONE, ...night)).toEqual([0, 120]);
    expect(partOf("2026-11-26", ZONE, ...night)).toBeNull();
  });

  it("knows the week of a date, also over the turn of the year", () => {
    expect([mondayOf("2026-11-29"), mondayOf("2026-11-23"), mondayOf("2027-01-01")]).toEqual(["2026-11-23", "2026-11-23", "2026-12-28"]);
    expect(plusDays("2026-12-31", 1)).toBe("2027-01-01");
  });

  it("shows an ordinary day when there is nothing to show", () => {
    expect(axisOf([], ZONE)).toEqual({ from: 480, to: 1080 });
  });

  it("has no place for a minute that the clocks skip", () => {
    expect(instantOf("2027-03-28", 90, ZONE)).toBeNull();
    expect(instantOf("2027-03-28", 120, ZONE)).toBe("2027-03-28T01:00:00Z");
    expect(instantOf("2026-10-25", 90, ZONE)).toBe("2026-10-25T00:30:00Z");
  });

  it("moves by the arrows on the grid and never off the paper", () => {
    const axis = { from: 540, to: 1020 };
    const go = (key: string, minute: number, column = 0): [number, number] => {
      const spot = nudged({ column, minute }, key, 2, axis, 5, 15);
      return [spot.column, spot.minute];
    };
    expect(go("ArrowDown", 600)).toEqual([0, 605]);
    expect(go("ArrowDown", 602)).toEqual([0, 605]);
    expect(go("ArrowUp", 602)).toEqual([0, 600]);
    expect(go("ArrowUp", 540)).toEqual([0, 540]);
    expect(go("ArrowDown", 1005)).toEqual([0, 1005]);
    expect(go("ArrowLeft", 600)).toEqual([0, 600]);
    expect(go("ArrowRight", 600, 1)).toEqual([1, 600]);
  });

  it("leads from visit to visit by the arrows", () => {
    const rows = [visit("a", "2026-11-24T09:00:00Z"), visit("b", "2026-11-24T11:00:00Z"), visit("c", "2026-11-24T10:45:00Z", PRICE)];
    const columns = columnsOf(["2026-11-24"], [LIM, PRICE], rows, {}, ZONE);
    const next = (id: string, key: string): string | undefined => neighbour(columns, id, key)?.id;
    expect([next("a", "ArrowDown"), next("a", "ArrowUp"), next("c", "ArrowLeft"), next("a", "ArrowRight"), next("c", "ArrowRight")]).toEqual(["b", undefined, "b", "c", undefined]);
  });

  it("puts a group's visits side by side, and a visit into the column of whoever is beside", () => {
    const rows = [visit("a", "2026-11-24T09:00:00Z", LIM, { co_providers: [PRICE] }), visit("b", "2026-11-24T09:00:00Z"), visit("c", "2026-11-24T09:15:00Z")];
    const [lim, price] = columnsOf(["2026-11-24"], [LIM, PRICE], rows, {}, ZONE);
    expect(price?.rows.map((row) => row.id)).toEqual(["a"]);
    const lanes = lanesOf(lim?.rows ?? []);
    expect(["a", "b", "c"].map((id) => lanes.get(id))).toEqual([{ lane: 0, of: 2 }, { lane: 1, of: 2 }, { lane: 0, of: 1 }]);
  });

  it("writes minutes as times", () => {
    expect([timeOf(0), timeOf(545), timeOf(1439)]).toEqual(["00:00", "09:05", "23:59"]);
  });
});

describe("what needs a human", () => {
  const now = Date.parse("2026-11-24T09:00:00Z");
  const need = (id: string, start: string, ...attention: Attention[]): Slotted => visit(id, start, LIM, { attention });

  it("comes soonest first, silence only from a day before", () => {
    const list = pressing([need("far", "2026-11-27T09:00:00Z", "unconfirmed"), need("later", "2026-11-27T10:00:00Z", "undelivered", "unconfirmed"),
      need("soon", "2026-11-24T15:00:00Z", "unconfirmed"), need("fine", "2026-11-24T12:00:00Z")], now);
    expect(list.map(({ row, kinds }) => [row.id, kinds])).toEqual([["soon", ["unconfirmed"]], ["later", ["undelivered"]]]);
  });

  it("leaves out what is long past or more than a week ahead", () => {
    expect(pressing([need("past", "2026-11-24T08:00:00Z", "device"), need("far", "2026-12-05T08:00:00Z", "declined")], now)).toEqual([]);
  });
});
