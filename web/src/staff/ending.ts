/**
 * A visit that is being ended, for the ten seconds in which it can be taken back. Until then nothing was said to the server:
 * the line stands, with the provider's sound and picture off. A page that closes ends it at once.
 */
import { signal } from "@preact/signals";
import type { Row } from "./types";

export const UNDO_MS = 10_000;

export class Ending {
  readonly row = signal<Row | null>(null);
  /** Until when it can be taken back, by `performance.now()`. */
  readonly until = signal(0);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    /** Tells the server. Rejects when it did not take it; the visit then runs on. */
    readonly commit: (row: Row, closing: boolean) => Promise<void>,
  ) {}

  begin(row: Row): void {
    clearTimeout(this.#timer);
    this.until.value = performance.now() + UNDO_MS;
    this.row.value = row;
    this.#timer = setTimeout(() => void this.finish(), UNDO_MS);
  }

  undo(): Row | null {
    clearTimeout(this.#timer);
    const row = this.row.peek();
    this.row.value = null;
    return row;
  }

  /** Ends it now: the time is over, the next one is admitted, or the page goes. */
  async finish(closing = false): Promise<void> {
    clearTimeout(this.#timer);
    const row = this.row.peek();
    if (!row) return;
    try {
      await this.commit(row, closing);
    } finally {
      if (this.row.peek()?.id === row.id) this.row.value = null;
    }
  }
}
