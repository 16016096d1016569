import { describe, expect, it } from "vitest";
import { calendarEntry, phones, pieces, thread } from "../../src/demo/thread";
import type { DemoSms } from "../../src/demo/types";

const sms = (id: string, number: string, at: string, more: Partial<DemoSms> = {}): DemoSms => ({
  id,
  number,
  at,
  body: id,
  direction: "outbound",
  segments: 1,
  name: "",
  ...more,
});

describe("the demo's phone", () => {
  it("lists each phone once, the newest text first", () => {
    const all = [
      sms("1", "+1", "2026-11-24T10:00:00Z", { name: "Ana" }),
      sms("2", "+2", "2026-11-24T12:00:00Z", { name: "Rui" }),
      sms("3", "+1", "2026-11-24T11:00:00Z", { name: "Ana" }),
    ];
    expect(phones(all)).toEqual([
      { number: "+2", name: "Rui" },
      { number: "+1", name: "Ana" },
    ]);
  });

  it("puts answers between the texts of the same phone, after the text they answer", () => {
    const all = [
      sms("thanks", "+1", "2026-11-24T10:05:00Z"),
      sms("answer", "+1", "2026-11-24T10:00:00Z", { direction: "inbound" }),
      sms("ask", "+1", "2026-11-24T10:00:00Z"),
      sms("other", "+2", "2026-11-24T10:00:00Z"),
    ];
    expect(thread(all, "+1").map((one) => one.id)).toEqual(["ask", "answer", "thanks"]);
  });
});

describe("links in a text", () => {
  it("keeps the fragment and leaves the full stop", () => {
    expect(pieces("Try it: https://clinic.example/j/7Kq#a-b_c. STOP to end.")).toEqual([
      { text: "Try it: " },
      { text: "https://clinic.example/j/7Kq#a-b_c", href: "https://clinic.example/j/7Kq#a-b_c" },
      { text: ". STOP to end." },
    ]);
  });

  it("makes no link of anything but http", () => {
    expect(pieces("javascript:alert(1) data:text/html,x")).toEqual([{ text: "javascript:alert(1) data:text/html,x" }]);
  });
});

describe("the calendar entry of a mail", () => {
  const ics = (lines: string[], method = "REQUEST"): string =>
    ["BEGIN:VCALENDAR", `METHOD:${method}`, "BEGIN:VTIMEZONE", "TZID:Europe/Lisbon", "DTSTART:19700101T000000", "END:VTIMEZONE", "BEGIN:VEVENT", ...lines, "END:VEVENT", "END:VCALENDAR"].join("\r\n");

  it("is read with its own zone, folded lines joined and escapes undone", () => {
    const text = ics(["DTSTART;TZID=Europe/Lisbon:20261124T143000", "DTEND;TZID=Europe/Lisbon:20261124T145000", "SUMMARY:Visit\\, River", " side Clinic", "SEQUENCE:2"]);
    expect(calendarEntry(text)).toEqual({
      summary: "Visit, Riverside Clinic",
      start: "2026-11-24T14:30",
      end: "2026-11-24T14:50",
      zone: "Europe/Lisbon",
      sequence: 2,
      cancelled: false,
    });
  });

  it("knows UTC times and cancellations", () => {
    const entry = calendarEntry(ics(["DTSTART:20261124T143000Z", "SUMMARY:Visit"], "CANCEL"));
    expect(entry).toMatchObject({ start: "2026-11-24T14:30", zone: "UTC", end: null, cancelled: true });
  });

  it("is none in other text", () => {
    expect(calendarEntry("hello")).toBeNull();
  });
});
