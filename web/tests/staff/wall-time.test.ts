import { describe, expect, it } from "vitest";
import { offsetText } from "../../src/lib/time";
import { inMinutes, instantsOf, onTheHour, toStart, wallOf } from "../../src/staff/wall-time";

const at = (instant: string): number => Date.parse(instant);

describe("wall times", () => {
  it("are those of the zone, over midnight and half-hour zones too", () => {
    expect(wallOf(at("2026-11-24T23:45:00Z"), "Europe/Athens")).toEqual({ date: "2026-11-25", time: "01:45" });
    expect(wallOf(at("2026-11-24T00:00:00Z"), "America/Los_Angeles")).toEqual({ date: "2026-11-23", time: "16:00" });
    expect(wallOf(at("2026-11-24T12:00:00Z"), "Asia/Kolkata")).toEqual({ date: "2026-11-24", time: "17:30" });
  });

  it("write midnight as 00", () => {
    expect(wallOf(at("2026-11-24T00:00:00Z"), "Etc/UTC").time).toBe("00:00");
  });

  it("never give less time than asked for", () => {
    expect(inMinutes(at("2026-11-24T14:00:01Z"), 5, "Etc/UTC").time).toBe("14:06");
    expect(inMinutes(at("2026-11-24T14:00:00Z"), 5, "Etc/UTC").time).toBe("14:05");
  });

  it("jump over the hour that summer time skips", () => {
    // Lisbon goes from 01:00 to 02:00 on 29 March 2026.
    expect(inMinutes(at("2026-03-29T00:58:00Z"), 5, "Europe/Lisbon").time).toBe("02:03");
  });

  it("find the full hour of the zone's own clock", () => {
    expect(onTheHour(at("2026-11-24T14:10:30Z"), "Etc/UTC").time).toBe("15:00");
    expect(onTheHour(at("2026-11-24T14:10:30Z"), "Asia/Kathmandu").time).toBe("20:00");
    expect(onTheHour(at("2026-11-24T14:00:00Z"), "Etc/UTC").time).toBe("15:00");
  });

  it("go to the server as local time", () => {
    expect(toStart({ date: "2026-11-24", time: "14:30" })).toBe("2026-11-24T14:30");
  });
});

describe("a typed wall time", () => {
  it("is one instant on an ordinary day", () => {
    expect(instantsOf({ date: "2026-11-24", time: "14:30" }, "Europe/London")).toEqual([at("2026-11-24T14:30:00Z")]);
    expect(instantsOf({ date: "2026-11-24", time: "00:15" }, "Asia/Kathmandu")).toEqual([at("2026-11-23T18:30:00Z")]);
  });

  it("is none where the clocks go forward over it", () => {
    expect(instantsOf({ date: "2027-03-28", time: "01:30" }, "Europe/London")).toEqual([]);
    expect(instantsOf({ date: "2027-03-28", time: "02:00" }, "Europe/London")).toEqual([at("2027-03-28T01:00:00Z")]);
    expect(instantsOf({ date: "2026-10-04", time: "02:15" }, "Australia/Lord_Howe")).toEqual([]);
  });

  it("is two, the earlier one first, where they go back over it", () => {
    const both = instantsOf({ date: "2026-11-01", time: "01:30" }, "America/New_York");
    expect(both).toEqual([at("2026-11-01T05:30:00Z"), at("2026-11-01T06:30:00Z")]);
    expect(both.map((one) => offsetText(one, "America/New_York"))).toEqual(["-04:00", "-05:00"]);
    expect(instantsOf({ date: "2027-04-04", time: "01:45" }, "Australia/Lord_Howe")).toHaveLength(2);
  });

  it("is found again from every hour of a year in zones of every kind", () => {
    for (const zone of ["Europe/Lisbon", "America/St_Johns", "Africa/Casablanca", "Asia/Tehran", "Pacific/Chatham", "America/Santiago"]) {
      for (let hour = at("2027-01-01T00:20:00Z"); hour < at("2028-01-01T00:00:00Z"); hour += 3_600_000 * 7) {
        expect(instantsOf(wallOf(hour, zone), zone), `${zone} ${new Date(hour).toISOString()}`).toContain(hour);
      }
    }
  });

  it("is none while it is not written", () => {
    expect(instantsOf({ date: "", time: "" }, "Europe/London")).toEqual([]);
  });
});
