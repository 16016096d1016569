/** Whether somebody looks at this page, and the bell for those nobody has looked at yet. */
import { Alerts, isOverdue, UNSEEN_MS, WATCHED_MS, type Unseen } from "./alerts";
import type { Row } from "./types";
import { isMine, isQueued, isUrgent, type Lanes } from "./sections";

/** Those of `rows` in this provider's line whom nobody of the staff has looked at. */
export function unseenOf(rows: readonly Row[], lanes: Lanes): Unseen[] {
  return rows
    .filter((row) => isMine(row, lanes) && isQueued(row) && row.entry && !row.entry.seen_at)
    .map((row) => ({ id: row.id, urgent: isUrgent(row), since: Date.parse(row.entry?.since ?? row.start), start: Date.parse(row.start) }));
}

/** Of those: unseen for two minutes and longer, the longest first. */
export function overdueOf(unseen: readonly Unseen[], now: number): Unseen[] {
  return unseen.filter((one) => isOverdue(one, now)).sort((a, b) => a.since - b.since);
}

export { UNSEEN_MS };

export class Attention {
  readonly #alerts = new Alerts();
  #touched = -Infinity;
  readonly #touch = (): void => {
    this.#touched = performance.now();
  };

  start(): () => void {
    const kinds = ["pointerdown", "pointermove", "keydown", "wheel"] as const;
    for (const kind of kinds) document.addEventListener(kind, this.#touch, { capture: true, passive: true });
    return () => {
      for (const kind of kinds) document.removeEventListener(kind, this.#touch, { capture: true });
    };
  }

  get watched(): boolean {
    return document.visibilityState === "visible" && document.hasFocus() && performance.now() - this.#touched < WATCHED_MS;
  }

  /** Plays the sound when one is due. */
  check(unseen: readonly Unseen[], now: number, inCall: boolean, ring: () => void): void {
    if (this.#alerts.due({ now, unseen, inCall, watched: this.watched })) ring();
  }
}
