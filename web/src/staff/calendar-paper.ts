/** Where visits and hours stand on the calendar's paper. Pure: rows and hours in, columns and minutes out. */
import type { Provider, Slotted } from "./types";
import { instantsOf, wallOf } from "./wall-time";

const DAY = 86_400_000;
const WHOLE = 1440;
/** What the paper shows when there is nothing to show: an ordinary working day. */
const ORDINARY: Axis = { from: 8 * 60, to: 18 * 60 };
const GONE = new Set(["cancelled", "entered-in-error", "noshow"]);

/** Instants by provider id: `GET /v1/openings`. */
export type Openings = Record<string, { start: string; end: string }[]>;

export interface Column {
  key: string;
  date: string;
  provider: Provider;
  /** Wall minutes of that day in which the provider may be booked. */
  open: [from: number, to: number][];
  rows: Slotted[];
}

/** Wall minutes at the upper and the lower edge. */
export interface Axis {
  from: number;
  to: number;
}

/** `2026-11-24` and `days` after it. */
export function plusDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** The Monday of a date's week. */
export function mondayOf(date: string): string {
  return plusDays(date, -((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7));
}

export function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

export function timeOf(minute: number): string {
  const two = (n: number): string => String(Math.floor(n)).padStart(2, "0");
  return `${two(minute / 60)}:${two(minute % 60)}`;
}

/** A day's share of a stretch of time, in wall minutes; null when it has none. */
export function partOf(date: string, zone: string, start: string, end: string): [number, number] | null {
  const minute = (at: string): number => {
    const wall = wallOf(Date.parse(at), zone);
    if (wall.date < date) return 0;
    return wall.date > date ? WHOLE : minuteOf(wall.time);
  };
  const [from, to] = [minute(start), minute(end)];
  return to > from ? [from, to] : null;
}

/** A visit that still takes its time on the paper. */
export function stands(row: Slotted): boolean {
  return !GONE.has(row.status);
}

/** One column for each provider who works or is booked on each date; a date with nobody has none. */
export function columnsOf(dates: string[], providers: Provider[], rows: Iterable<Slotted>, openings: Openings, zone: string): Column[] {
  const byDay = new Map<string, Slotted[]>();
  for (const row of rows) {
    if (!stands(row)) continue;
    const date = wallOf(Date.parse(row.start), zone).date;
    // Who is beside has no other time either.
    for (const { id } of [row.provider, ...row.co_providers]) byDay.set(`${date} ${id}`, [...(byDay.get(`${date} ${id}`) ?? []), row]);
  }
  const columns = dates.flatMap((date) =>
    providers.map((provider): Column => {
      const open = (openings[provider.id] ?? []).map(({ start, end }) => partOf(date, zone, start, end)).filter((one) => one !== null);
      const mine = (byDay.get(`${date} ${provider.id}`) ?? []).sort((a, b) => a.start.localeCompare(b.start));
      return { key: `${date} ${provider.id}`, date, provider, open, rows: mine };
    }),
  );
  return columns.filter((column) => column.open.length > 0 || column.rows.length > 0);
}

/** Visits of one time (a group) stand side by side: by id, the place of each and among how many. */
export function lanesOf(rows: Slotted[]): Map<string, { lane: number; of: number }> {
  const lanes = new Map<string, { lane: number; of: number }>();
  let cluster: Slotted[] = [];
  let until = "";
  const close = (): void => cluster.forEach((row, lane) => lanes.set(row.id, { lane, of: cluster.length }));
  for (const row of rows) {
    if (cluster.length > 0 && row.start >= until) {
      close();
      cluster = [];
    }
    until = cluster.length === 0 || row.end > until ? row.end : until;
    cluster.push(row);
  }
  close();
  return lanes;
}

/** From the first to the last hour at which anything happens. */
export function axisOf(columns: Column[], zone: string): Axis {
  const parts = columns.flatMap((column) => [
    ...column.open,
    ...column.rows.map((row) => partOf(column.date, zone, row.start, row.end)).filter((one) => one !== null),
  ]);
  if (parts.length === 0) return ORDINARY;
  const from = Math.min(...parts.map(([begin]) => begin));
  const to = Math.max(...parts.map(([, end]) => end));
  return { from: Math.floor(from / 60) * 60, to: Math.ceil(to / 60) * 60 };
}

/** A place on the paper: whose column, and the wall minute. */
export interface Spot {
  column: number;
  minute: number;
}

/** Where a visit goes by the arrow keys: up and down by `step`, sideways to the next column, never off the paper. */
export function nudged(spot: Spot, key: string, columns: number, axis: Axis, step: number, length: number): Spot {
  const minute = Math.round(spot.minute / step) * step;
  switch (key) {
    case "ArrowUp":
      return { ...spot, minute: Math.max(axis.from, (minute >= spot.minute ? minute - step : minute)) };
    case "ArrowDown":
      return { ...spot, minute: Math.min(axis.to - length, (minute <= spot.minute ? minute + step : minute)) };
    case "ArrowLeft":
      return { ...spot, column: Math.max(0, spot.column - 1) };
    case "ArrowRight":
      return { ...spot, column: Math.min(columns - 1, spot.column + 1) };
    default:
      return spot;
  }
}

/** The visit that the arrow keys lead to: up and down in the column, sideways to the nearest one of the next column with any. */
export function neighbour(columns: Column[], id: string, key: string): Slotted | null {
  const at = columns.findIndex((column) => column.rows.some((row) => row.id === id && row.provider.id === column.provider.id));
  const column = columns[at];
  const place = column?.rows.findIndex((row) => row.id === id) ?? -1;
  const here = column?.rows[place];
  if (!column || !here) return null;
  if (key === "ArrowUp") return column.rows[place - 1] ?? null;
  if (key === "ArrowDown") return column.rows[place + 1] ?? null;
  const step = key === "ArrowLeft" ? -1 : 1;
  for (let next = at + step; next >= 0 && next < columns.length; next += step) {
    const rows = columns[next]?.rows ?? [];
    const time = (row: Slotted): number => Math.abs((Date.parse(row.start) % DAY) - (Date.parse(here.start) % DAY));
    if (rows.length > 0) return rows.reduce((best, row) => (time(row) < time(best) ? row : best));
  }
  return null;
}

/** The instant of a place on the paper; null where the clocks skip that minute. A minute shown twice is the first one. */
export function instantOf(date: string, minute: number, zone: string): string | null {
  const at = instantsOf({ date, time: timeOf(minute) }, zone)[0];
  return at === undefined ? null : new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
