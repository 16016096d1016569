/** Wall times of a zone: what date and time inputs hold. Pure. */
import { offsetAt } from "../lib/time";

export interface Wall {
  /** `2026-11-24` */
  date: string;
  /** `14:30` */
  time: string;
}

const MINUTE = 60_000;
const DAY = 86_400_000;

/** The wall clock in `zone` at this instant. */
export function wallOf(instant: number, zone: string): Wall {
  const shown = new Date(instant + offsetAt(instant, zone)).toISOString();
  return { date: shown.slice(0, 10), time: shown.slice(11, 16) };
}

/** The instants at which a clock in `zone` shows this time: none when it is skipped, two when it comes twice. */
export function instantsOf(wall: Wall, zone: string): number[] {
  const naive = wall.date && wall.time ? Date.parse(`${wall.date}T${wall.time}:00Z`) : Number.NaN;
  if (Number.isNaN(naive)) return [];
  // The offsets of the day before and of the day after are the only ones it can have.
  const offsets = new Set([naive - DAY, naive + DAY].map((near) => offsetAt(near, zone)));
  const shows = (at: number): boolean => offsetAt(at, zone) === naive - at;
  return [...offsets].map((offset) => naive - offset).filter(shows).sort((a, b) => a - b);
}

/** `minutes` from now, on the next whole minute: never less than asked for. */
export function inMinutes(now: number, minutes: number, zone: string): Wall {
  return wallOf(Math.ceil(now / MINUTE) * MINUTE + minutes * MINUTE, zone);
}

/** The next full hour of the zone's own clock (zones can be 30 or 45 minutes off). */
export function onTheHour(now: number, zone: string): Wall {
  const minute = Number(wallOf(now, zone).time.slice(3));
  return wallOf(Math.floor(now / MINUTE) * MINUTE + (60 - minute) * MINUTE, zone);
}

/** `start` of `POST /v1/appointments`: local wall time, the zone travels beside it. */
export function toStart(wall: Wall): string {
  return `${wall.date}T${wall.time}`;
}
