/** Pure parts of the demo: phones and their threads, links in a text, the calendar entry of a mail. */
import type { DemoSms } from "./types";

export interface Phone {
  number: string;
  name: string;
}

/** Every phone that got or sent a text, the one with the newest text first. */
export function phones(sms: readonly DemoSms[]): Phone[] {
  const seen = new Map<string, Phone>();
  for (const one of [...sms].sort((a, b) => b.at.localeCompare(a.at))) {
    if (!seen.has(one.number)) seen.set(one.number, { number: one.number, name: one.name });
  }
  return [...seen.values()];
}

/** Texts and answers of one phone, oldest first; at the same instant the text that was answered comes first. */
export function thread(sms: readonly DemoSms[], number: string): DemoSms[] {
  const rank = (one: DemoSms): number => (one.direction === "outbound" ? 0 : 1);
  return sms.filter((one) => one.number === number).sort((a, b) => a.at.localeCompare(b.at) || rank(a) - rank(b));
}

export type Piece = { text: string; href?: string };

/** Splits text at its web links; a full stop or bracket after a link is not part of it. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"]+/g)) {
    const href = match[0].replace(/[.,;:!?)\]]+$/, "");
    if (match.index > from) out.push({ text: text.slice(from, match.index) });
    out.push({ text: href, href });
    from = match.index + href.length;
  }
  if (from < text.length) out.push({ text: text.slice(from) });
  return out;
}

export interface CalendarEntry {
  summary: string;
  /** Wall times as the entry states them: `2026-11-24T14:30`. */
  start: string;
  end: string | null;
  /** IANA zone, or UTC. */
  zone: string;
  sequence: number;
  cancelled: boolean;
}

/** The one event of an iCalendar text (RFC 5545); null when there is none to show. */
export function calendarEntry(ics: string): CalendarEntry | null {
  const lines = ics.replace(/\r?\n[ \t]/g, "").split(/\r?\n/);
  const from = lines.indexOf("BEGIN:VEVENT");
  if (from < 0) return null;
  const event = lines.slice(from, lines.indexOf("END:VEVENT", from));
  const start = property(event, "DTSTART");
  if (!start) return null;
  const end = property(event, "DTEND");
  return {
    summary: unescape(property(event, "SUMMARY")?.value ?? ""),
    start: wall(start.value),
    end: end ? wall(end.value) : null,
    zone: start.zone ?? "UTC",
    sequence: Number(property(event, "SEQUENCE")?.value ?? 0),
    cancelled: property(lines, "METHOD")?.value === "CANCEL" || property(event, "STATUS")?.value === "CANCELLED",
  };
}

function property(lines: string[], name: string): { value: string; zone: string | null } | null {
  const line = lines.find((one) => one.startsWith(`${name}:`) || one.startsWith(`${name};`));
  if (!line) return null;
  const colon = /^[^:"]*(?:"[^"]*"[^:"]*)*:/.exec(line)?.[0].length ?? 0;
  const zone = /;TZID="?([^";:]+)"?/.exec(line.slice(0, colon))?.[1] ?? null;
  return { value: line.slice(colon), zone };
}

/** `20261124T143000` as `2026-11-24T14:30`. */
function wall(value: string): string {
  return value.replace(/^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2}).*)?$/, (_all, y, m, d, h, min) => `${y}-${m}-${d}T${h ?? "00"}:${min ?? "00"}`);
}

/** RFC 5545 section 3.3.11. */
function unescape(text: string): string {
  return text.replace(/\\([\\;,nN])/g, (_all, c: string) => (c === "n" || c === "N" ? "\n" : c));
}
