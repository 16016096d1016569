import { describe, expect, test } from "vitest";
import { clock, daysAway, visitTime, zoneName } from "../../src/lib/time";

const START = "2026-11-24T14:30:00Z";
const NOW = new Date("2026-11-24T14:12:00Z");

describe("visit times", () => {
  test("at home: today, and the zone by name", () => {
    const at = visitTime("en-GB", START, "Europe/Lisbon", "Europe/Lisbon", NOW);
    expect(at).toEqual({ day: "today", near: true, today: true, clock: "14:30", zone: "Lisbon time", clinic: null });
  });

  test("far away: both clocks, both zones, and the clinic's date when it differs", () => {
    const at = visitTime("en-GB", "2026-11-25T02:30:00Z", "America/Los_Angeles", "Europe/Lisbon", NOW);
    expect(at.clock).toBe("18:30");
    expect(at.zone).toBe("Los Angeles time");
    expect(at.clinic).toBe("Wednesday 25 November, 02:30 (Lisbon time)");
  });

  test("two zones with the same clock are one time", () => {
    expect(visitTime("en-GB", START, "Europe/London", "Europe/Lisbon", NOW).clinic).toBeNull();
  });

  test("days are calendar days of the viewer, also across a clock change", () => {
    expect(daysAway("2026-10-25T23:30:00Z", "Europe/Lisbon", new Date("2026-10-24T22:30:00Z"))).toBe(1);
    expect(daysAway("2026-11-24T23:30:00Z", "Asia/Tokyo", new Date("2026-11-24T14:12:00Z"))).toBe(1);
  });

  test("hours and digits follow the reader", () => {
    expect(clock("en-US", START, "Europe/Lisbon")).toMatch(/^2:30\sPM$/);
    expect(clock("en-GB", "2026-11-24T09:05:00Z", "Europe/Lisbon")).toBe("09:05");
    expect(clock("ar-u-nu-arab", START, "Europe/Lisbon")).toContain("٢:٣٠");
    expect(zoneName("es", "America/Los_Angeles")).toBe("hora del Pacífico");
  });
});
