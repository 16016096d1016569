/** From numbers to what a person should be told: two samples, one word. */
import type { CallStats } from "./stats";

/** `good`: nothing to say. `weak`: "the picture may be small". `silent`: nothing arrives although something should. */
export type Quality = "good" | "weak" | "silent" | "unknown";

const WEAK_RTT_MS = 400;
const WEAK_LOSS = 0.05;

/** Judge the time between two samples. `expected`: does the other side say it is sending at all? */
export function judgeQuality(before: CallStats | null, now: CallStats, expected: boolean): Quality {
  if (before === null) return "unknown";
  const received = now.packetsReceived - before.packetsReceived;
  if (received <= 0) return expected ? "silent" : "unknown";
  const lost = Math.max(0, now.packetsLost - before.packetsLost);
  const weak = lost / (received + lost) > WEAK_LOSS || (now.rttMs ?? 0) > WEAK_RTT_MS;
  return weak ? "weak" : "good";
}

/** Counts silence: true once nothing has arrived for `limitMs` although it should, then again only after another `restMs`. */
export class SilenceWatch {
  #since: number | null = null;
  #acted = Number.NEGATIVE_INFINITY;
  readonly #limitMs: number;
  readonly #restMs: number;

  constructor(limitMs: number, restMs: number) {
    this.#limitMs = limitMs;
    this.#restMs = restMs;
  }

  heard(quality: Quality, at: number): boolean {
    if (quality !== "silent") {
      this.#since = null;
      return false;
    }
    this.#since ??= at;
    if (at - this.#since < this.#limitMs || at - this.#acted < this.#restMs) return false;
    this.#acted = at;
    return true;
  }
}
