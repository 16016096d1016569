import { describe, expect, it } from "vitest";
import { inMinutes, onTheHour, toStart, wallOf } from "../../src/staff/wall-time";

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
