/** Looks at the running connection each second: how good it is, and whether it has fallen silent. */
import { signal, type ReadonlySignal } from "@preact/signals";
import { judgeQuality, SilenceWatch, type Quality } from "./quality";
import { readStats, type CallStats } from "./stats";

const SAMPLE_MS = 1_000;
const SILENCE_MS = 2_000;

export interface WatchDeps {
  /** The connection to look at; null while none is usable. */
  pc(): RTCPeerConnection | null;
  /** Does the other side say that it sends? */
  expected(): boolean;
  silent(): void;
  report(error: unknown): void;
}

export class Watch {
  readonly #quality = signal<Quality>("unknown");
  readonly #silence = new SilenceWatch(SILENCE_MS, 5 * SILENCE_MS);
  #timer: ReturnType<typeof setInterval> | undefined;
  #sample: CallStats | null = null;

  constructor(readonly deps: WatchDeps) {}

  get quality(): ReadonlySignal<Quality> {
    return this.#quality;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#look().catch(this.deps.report), SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Another connection: its counters begin anew. */
  forget(): void {
    this.#sample = null;
  }

  async #look(): Promise<void> {
    const pc = this.deps.pc();
    if (!pc) return;
    const sample = await readStats(pc);
    if (pc !== this.deps.pc()) return;
    const quality = judgeQuality(this.#sample, sample, this.deps.expected());
    this.#sample = sample;
    this.#quality.value = quality;
    if (this.#silence.heard(quality, sample.at)) this.deps.silent();
  }
}
