/** Times on the screen: an instant is shown in the viewer's zone and the zone is always named. */

export function viewerZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** `14:30` or `2:30 PM`, by the tag's own custom. */
export function clock(tag: string, instant: string | Date, zone: string): string {
  const twelve = new Intl.DateTimeFormat(tag, { hour: "numeric" }).resolvedOptions().hour12;
  const options = { timeZone: zone, hour: twelve ? "numeric" : "2-digit", minute: "2-digit" } as const;
  return new Intl.DateTimeFormat(tag, options).format(new Date(instant));
}

/** `Tuesday 24 November`, with the year when it is not this one. */
export function longDate(tag: string, instant: string | Date, zone: string, now = new Date()): string {
  const date = new Date(instant);
  const year = dayKey(date, zone).slice(0, 4) === dayKey(now, zone).slice(0, 4) ? {} : ({ year: "numeric" } as const);
  return new Intl.DateTimeFormat(tag, { timeZone: zone, weekday: "long", day: "numeric", month: "long", ...year }).format(date);
}

/** `2026-11-24` in a zone. */
export function dayKey(instant: string | Date, zone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(
    new Date(instant),
  );
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Making a formatter is slow and a calendar asks for thousands of times. */
function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known) return known;
  const numeric = "numeric" as const;
  const parts = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric };
  const made = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...parts });
  clocks.set(zone, made);
  return made;
}

/** Milliseconds by which a clock in `zone` is ahead of UTC at an instant. */
export function offsetAt(instant: number, zone: string): number {
  const part = new Map(clockOf(zone).formatToParts(new Date(instant)).map((one) => [one.type, Number(one.value)]));
  const of = (name: Intl.DateTimeFormatPartTypes): number => part.get(name) ?? 0;
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) - Math.floor(instant / 1000) * 1000;
}

/** `+01:00`, as RFC 3339 writes a zone's offset at an instant. */
export function offsetText(instant: number, zone: string): string {
  const minutes = Math.round(offsetAt(instant, zone) / 60_000);
  const two = (n: number): string => String(Math.floor(n)).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

/** Whole calendar days from today to the instant's day, in a zone. */
export function daysAway(instant: string | Date, zone: string, now = new Date()): number {
  return Math.round((Date.parse(dayKey(instant, zone)) - Date.parse(dayKey(now, zone))) / 86_400_000);
}

/** `today`, `tomorrow`, `yesterday` or the long date. */
export function day(tag: string, instant: string | Date, zone: string, now = new Date()): string {
  const days = daysAway(instant, zone, now);
  if (Math.abs(days) > 1) return longDate(tag, instant, zone, now);
  return new Intl.RelativeTimeFormat(tag, { numeric: "auto" }).format(days, "day");
}

/** The zone as people say it: `Lisbon time`; in other languages the name CLDR has for it. */
export function zoneName(tag: string, zone: string, instant: string | Date = new Date()): string {
  if (tag.startsWith("en") && zone.includes("/")) return `${zone.split("/").at(-1)?.replaceAll("_", " ")} time`;
  const parts = new Intl.DateTimeFormat(tag, { timeZone: zone, timeZoneName: "longGeneric" }).formatToParts(new Date(instant));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

export interface VisitTime {
  /** `today`, `Tuesday 24 November` … in the viewer's zone. */
  day: string;
  /** `day` is a word like today or tomorrow, not a date. */
  near: boolean;
  today: boolean;
  /** `14:30` in the viewer's zone. */
  clock: string;
  /** The viewer's zone by name. */
  zone: string;
  /** The same instant at the clinic, only when its clock reads differently: `16:30 (Athens time)`. */
  clinic: string | null;
}

/** When a visit is, for someone who may be far from the clinic. */
export function visitTime(tag: string, start: string, viewer: string, clinicZone: string, now = new Date()): VisitTime {
  const mine = clock(tag, start, viewer);
  const theirs = clock(tag, start, clinicZone);
  const same = mine === theirs && dayKey(start, viewer) === dayKey(start, clinicZone);
  const date = dayKey(start, viewer) === dayKey(start, clinicZone) ? "" : `${longDate(tag, start, clinicZone, now)}, `;
  const days = daysAway(start, viewer, now);
  return {
    day: day(tag, start, viewer, now),
    near: Math.abs(days) <= 1,
    today: days === 0,
    clock: mine,
    zone: zoneName(tag, same ? clinicZone : viewer, start),
    clinic: same ? null : `${date}${theirs} (${zoneName(tag, clinicZone, start)})`,
  };
}
