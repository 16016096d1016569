/** Which visits need a human, and in which order. Pure: rows and a time in, a list out. */
import type { Attention, Slotted } from "./types";

const HOUR = 3_600_000;
/** Until this long before the visit, silence is only silence. */
export const UNCONFIRMED_FROM = 24 * HOUR;
const PAST = HOUR / 2;
const AHEAD = 7 * 24 * HOUR;

export interface Pressing {
  row: Slotted;
  /** The most pressing first. */
  kinds: Attention[];
}

/** Soonest first. What the clock decides is decided here; the facts come from the server. */
export function pressing(rows: Iterable<Slotted>, now: number): Pressing[] {
  const found: Pressing[] = [];
  for (const row of rows) {
    const left = Date.parse(row.start) - now;
    if (left < -PAST || left > AHEAD) continue;
    const kinds = row.attention.filter((kind) => kind !== "unconfirmed" || left <= UNCONFIRMED_FROM);
    if (kinds.length > 0) found.push({ row, kinds });
  }
  return found.sort((a, b) => a.row.start.localeCompare(b.row.start) || a.row.id.localeCompare(b.row.id));
}
