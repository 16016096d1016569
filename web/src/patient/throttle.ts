/** Says the newest of many words, at most once in so long: a line that moves quickly is heard, not recited. */
export class Throttle {
  #last = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly apartMs: number,
    readonly say: (text: string) => void,
  ) {}

  /** At once when nothing was said for a while; else when its time has come, unless something newer comes before. */
  offer(text: string): void {
    clearTimeout(this.#timer);
    const wait = this.#last + this.apartMs - performance.now();
    if (wait <= 0) this.#now(text);
    else this.#timer = setTimeout(() => this.#now(text), wait);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #now(text: string): void {
    this.#last = performance.now();
    this.say(text);
  }
}
