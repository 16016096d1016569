/** Frames on their way to the live channel: what is said while the socket is being made again waits, in order, for the new one. */
import type { Frame } from "./frames";

/** More than this is an outage, not a change of tickets: the oldest go, and the fresh start after an outage says all that matters. */
export const MOST_WAITING = 100;

export class Outgoing {
  readonly #waiting: { frame: Frame; to: string | undefined }[] = [];

  /** `put` answers whether there was a connection to put it on. */
  constructor(readonly put: (frame: Frame, to?: string) => boolean) {}

  send(frame: Frame, to?: string): void {
    if (this.#waiting.length === 0 && this.put(frame, to)) return;
    this.#waiting.push({ frame, to });
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
  }

  /** There is a connection again. */
  flush(): void {
    for (const { frame, to } of this.#waiting.splice(0)) this.send(frame, to);
  }
}
