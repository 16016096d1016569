/**
 * When the board makes a sound. Pure: what is so, in; a sound or silence, out.
 *
 * A bell that rings all day is not heard any more. So one rings only when somebody waits whom nobody has looked at and the provider
 * is free and not looking, and not before the booked time: who comes early expects to wait. A call is never disturbed, except by somebody urgent. The number in the title and the unseen counter
 * always tell; sound is the last of the three.
 */

/** Somebody in my line whom no one of the staff has looked at yet. */
export interface Unseen {
  id: string;
  urgent: boolean;
  /** In line since, and booked for: milliseconds since 1970. */
  since: number;
  start: number;
}

export interface Moment {
  /** Milliseconds since 1970. */
  now: number;
  unseen: readonly Unseen[];
  /** A visit of mine runs. */
  inCall: boolean;
  /** The page is before somebody's eyes: visible, and touched a moment ago. */
  watched: boolean;
}

/** Unseen for longer than this is said in words and colour, and rung for once. */
export const UNSEEN_MS = 120_000;
/** The title and the row tell at once; the bell waits this long for somebody to look by themselves. */
export const GRACE_MS = 60_000;
/** Two bells for people who are not urgent are this far apart; in between the title, the row and the unseen counter tell. */
export const APART_MS = 20 * 60_000;
/** Somebody urgent is rung for again after this long, until seen. */
export const URGENT_AGAIN_MS = 60_000;
/** A page that was touched within this time is being looked at. */
export const WATCHED_MS = 30_000;

export function isOverdue(one: Unseen, now: number): boolean {
  return now - one.since >= UNSEEN_MS;
}

export class Alerts {
  /** When each person was last rung for. */
  readonly #rung = new Map<string, number>();
  #last = -Infinity;
  /** Those for whom a second, last bell rang when nobody had come two minutes later. */
  readonly #again = new Set<string>();

  /** True when a sound is due now. Counts as played. */
  due(moment: Moment): boolean {
    const here = new Set(moment.unseen.map((one) => one.id));
    for (const id of this.#rung.keys()) if (!here.has(id)) this.#forget(id);
    const urgent = moment.unseen.filter((one) => one.urgent && moment.now - (this.#rung.get(one.id) ?? -Infinity) >= URGENT_AGAIN_MS);
    if (urgent.length > 0) return this.#ring(moment);
    if (moment.inCall || moment.watched) return false;
    const due = (one: Unseen, after: number): boolean => moment.now - Math.max(one.since, one.start) >= after;
    if (!moment.unseen.some((one) => due(one, GRACE_MS))) return false;
    // One bell for everybody who waits unseen: the second arrival tells nothing that the first did not.
    if (!moment.unseen.some((one) => this.#rung.has(one.id)) && moment.now - this.#last >= APART_MS) return this.#ring(moment);
    const late = moment.unseen.filter((one) => due(one, GRACE_MS + UNSEEN_MS));
    if (late.length === 0 || moment.unseen.some((one) => this.#again.has(one.id))) return false;
    for (const one of moment.unseen) this.#again.add(one.id);
    return this.#ring(moment);
  }

  #ring(moment: Moment): true {
    this.#last = moment.now;
    for (const one of moment.unseen) this.#rung.set(one.id, moment.now);
    return true;
  }

  #forget(id: string): void {
    this.#rung.delete(id);
    this.#again.delete(id);
  }
}
