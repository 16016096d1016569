/** A named timer that can be armed again and that waits longer each time it fired for nothing. */
export class Backoff {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #fired = 0;
  readonly #firstMs: number;
  readonly #longestMs: number;

  constructor(firstMs: number, longestMs: number) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
  }

  get armed(): boolean {
    return this.#timer !== undefined;
  }

  /** How often it has fired since the last `reset`. */
  get fired(): number {
    return this.#fired;
  }

  /** Start counting unless already counting. */
  arm(act: () => void): void {
    if (this.armed) return;
    const wait = Math.min(this.#longestMs, this.#firstMs * 1.6 ** this.#fired);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#fired += 1;
      act();
    }, wait);
  }

  /** Stop counting; the next wait is as long as it was. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** It worked: stop, and begin short next time. */
  reset(): void {
    this.stop();
    this.#fired = 0;
  }
}
