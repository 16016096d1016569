/**
 * Looking for new paths, one search at a time: a second ICE restart while the first still looks leaves Firefox without any path.
 *
 * A wish that comes meanwhile waits, and is forgotten when the first search helped; a `fresh` one (our ways have changed) is not.
 */
import { Backoff } from "./retry";

const REST_MS = 2_000;

export class Mending {
  readonly #rest = new Backoff(REST_MS, REST_MS);
  #waiting: "path" | "fresh" | null = null;

  /** `search` begins a search; `stands` tells whether the line does. */
  constructor(
    readonly search: (fresh: boolean) => void,
    readonly stands: () => boolean,
  ) {}

  /** Search now, or after the search that is under way; false in the latter case. */
  wish(fresh: boolean): boolean {
    if (this.#rest.armed) {
      this.#waiting = fresh || this.#waiting === "fresh" ? "fresh" : "path";
      return false;
    }
    this.#waiting = null;
    this.#rest.arm(() => this.#after());
    this.search(fresh);
    return true;
  }

  #after(): void {
    const waiting = this.#waiting;
    if (waiting === "fresh" || (waiting === "path" && !this.stands())) this.wish(waiting === "fresh");
  }

  /** Forget the search and what waits for it: there is another session. */
  stop(): void {
    this.#rest.stop();
    this.#waiting = null;
  }
}
