/** Walks a running call up and down the ladder: looks at the line each second, does what the rung asks, and keeps what happened. */
import { computed, effect, signal, untracked, type ReadonlySignal } from "@preact/signals";
import type { Carried } from "./frames";
import { begin, choose, mayReturn, step, type Health, type Ladder, type Limits, type Reason, type Rung } from "./ladder";
import type { Meeting } from "./meeting";
import { readStats } from "./stats";
import { causeOf, type Cause } from "./why";

export interface ClimbDeps {
  call: Meeting;
  /** Deaf or signing: see ladder.ts. */
  signs: boolean;
  /** Our own channel to the clinic stands now. */
  online(): boolean;
  /** A camera or microphone of ours is gone. */
  deviceLost(): boolean;
  /** Phones of this visit ring, or have been hung up; null: nobody is rung. */
  ring: ReadonlySignal<"asked" | "ringing" | "failed" | "ended" | null>;
  /** Let the phones ring. Rejects when that cannot be asked for, or when nobody may be rung. */
  callBack(): Promise<void>;
  /** No phone any more. */
  hangUp(): Promise<void>;
  /** Keep with the visit how the line is. */
  keep(line: { rung: Rung; reason: Reason; cause: Cause | null }): Promise<void>;
  report(error: unknown): void;
}

type Entry = Record<string, unknown>;

const LOOK_MS = 1_000;
/** A connection that is this young has not yet found out what the network carries. */
const WARM_MS = 8_000;
const SMALL = { maxBitrate: 160_000, maxFramerate: 12, scaleResolutionDownBy: 3 };
/** A screen is there to be read: it may come slower, never smaller. */
const SMALL_SCREEN = { maxBitrate: 160_000, maxFramerate: 3, scaleResolutionDownBy: 1 };

export class Climbing {
  readonly #deps: ClimbDeps;
  readonly #ladder = signal<Ladder>(begin(performance.now()));
  readonly #cause = signal<Cause | null>(null);
  readonly #returns = signal(false);
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #stop: () => void;
  #ceiling: Rung = "video";
  #pc: RTCPeerConnection | null = null;
  #warmAt = 0;
  #ever = false;
  #heard = { packets: -1, at: 0 };
  #looking = false;
  #kept: string | null = null;

  constructor(deps: ClimbDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    this.#stop = effect(() => {
      const ring = deps.ring.value;
      untracked(() => this.#onRing(ring));
    });
  }

  get ladder(): ReadonlySignal<Ladder> {
    return this.#ladder;
  }

  get cause(): ReadonlySignal<Cause | null> {
    return this.#cause;
  }

  /** What the other side says its own line carries. */
  readonly theirs: ReadonlySignal<Carried> = computed(() => this.#deps.call.peer.value?.line ?? "all");

  /** From the telephone the way back is good enough to be offered. */
  get returns(): ReadonlySignal<boolean> {
    return this.#returns;
  }

  /** A person's choice: at most this much, until they choose again. */
  choose(rung: Rung): void {
    this.#ceiling = rung === "phone" || rung === "text" ? this.#ceiling : rung;
    this.#take(choose(this.#ladder.peek(), performance.now(), rung));
  }

  /** From the telephone back to the call: with the voice first, and up from there as the line allows. */
  back(): void {
    this.#ceiling = "video";
    this.#take(choose(this.#ladder.peek(), performance.now(), "voice", "back"));
    this.#deps.hangUp().catch(this.#deps.report);
  }

  /** The picture again, as good as it gets. */
  again(): void {
    this.#ceiling = "video";
    this.choose("video");
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stop();
  }

  get #limits(): Limits {
    return { signs: this.#deps.signs, ceiling: this.#ceiling };
  }

  /** The other side asked for the telephone, or hung it up. */
  #onRing(ring: "asked" | "ringing" | "failed" | "ended" | null): void {
    const { rung } = this.#ladder.peek();
    if ((ring === "asked" || ring === "ringing") && rung !== "phone") this.#take(choose(this.#ladder.peek(), performance.now(), "phone"));
    if (ring === "ended" && rung === "phone") this.#take(choose(this.#ladder.peek(), performance.now(), "voice", "back"));
    if (ring === "failed" && rung === "phone") this.#take(choose(this.#ladder.peek(), performance.now(), "text", "no-phone"));
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const health = await this.#health();
      this.#take(step(this.#ladder.peek(), health, this.#limits));
      this.#returns.value = mayReturn(this.#ladder.peek(), health.at);
      await this.#shape();
    } catch (error) {
      this.#deps.report(error);
    } finally {
      this.#looking = false;
    }
  }

  async #health(): Promise<Health> {
    const { call } = this.#deps;
    const at = performance.now();
    const pc = call.pc;
    const connected = call.state.value === "live" && pc?.connectionState === "connected";
    if (pc !== this.#pc) [this.#pc, this.#warmAt] = [pc, at + WARM_MS];
    if (!pc || !connected) {
      this.#explain(false, null);
      return { at, connected: false, loss: null, rttMs: null, kbps: null, silentMs: 0 };
    }
    this.#ever = true;
    const [stats, entries] = await Promise.all([readStats(pc), pc.getStats().then((report) => [...(report.values() as Iterable<Entry>)])]);
    this.#explain(true, stats.relayProtocol);
    const theirs = entries.filter((entry) => entry["type"] === "remote-inbound-rtp");
    const most = (key: string): number | null => largest(theirs.map((entry) => entry[key]));
    const rtt = most("roundTripTime");
    return { at, connected, loss: most("fractionLost"), rttMs: rtt === null ? stats.rttMs : rtt * 1_000, kbps: at < this.#warmAt ? null : carried(entries), silentMs: this.#silence(stats.packetsReceived, at) };
  }

  #silence(packets: number, at: number): number {
    const peer = this.#deps.call.peer.value;
    const expected = peer?.started === true && (peer.audio || peer.video);
    if (packets !== this.#heard.packets || !expected) this.#heard = { packets, at };
    return at - this.#heard.at < 2 * LOOK_MS ? 0 : at - this.#heard.at;
  }

  #explain(connected: boolean, relayProtocol: "udp" | "tcp" | "tls" | null): void {
    const { call, online, deviceLost } = this.#deps;
    const { reason } = this.#ladder.peek();
    this.#cause.value = causeOf({ connected, everConnected: this.#ever, online: online(), left: call.left.value, relayProtocol, deviceLost: deviceLost(), reason });
  }

  #take(next: Ladder): void {
    const before = this.#ladder.peek();
    this.#ladder.value = next;
    const line = { rung: next.rung, reason: next.reason, cause: this.#cause.peek() };
    const kept = JSON.stringify(line);
    if (next.rung !== before.rung || (this.#kept === null && next.reason === "begin" && this.#ever)) {
      this.#kept = kept;
      this.#deps.keep(line).catch(this.#deps.report);
    }
    if (next.rung === before.rung) return;
    const { rung } = next;
    void this.#deps.call.withhold(rung === "phone" || rung === "text", rung !== "video" && rung !== "small", next.reason === "chosen");
    if (rung === "phone" && this.#deps.ring.peek() !== "asked" && this.#deps.ring.peek() !== "ringing") {
      this.#deps.callBack().catch((error: unknown) => {
        this.#deps.report(error);
        this.#take(choose(this.#ladder.peek(), performance.now(), "text", "no-phone"));
      });
    }
  }

  /** What the senders may use on this rung; a connection made anew starts without it, so it is looked at each time. */
  async #shape(): Promise<void> {
    const { pc, signs } = { pc: this.#pc, signs: this.#deps.signs };
    if (!pc) return;
    const small = this.#ladder.peek().rung === "small";
    for (const sender of pc.getSenders()) {
      if (!sender.track) continue;
      const parameters = sender.getParameters();
      const encoding = parameters.encodings[0];
      if (!encoding) continue;
      const video = sender.track.kind === "video";
      const priority: RTCPriorityType = video === signs ? "high" : "low"; // sound wins, unless they sign
      const wanted: RTCRtpEncodingParameters = { ...encoding, priority, networkPriority: priority };
      const screen = sender.track.contentHint === "detail";
      if (parameters.encodings.length > 1) {
        // Through the relay a camera goes in two sizes: on this rung the small one alone. Of a screen that could not be read.
        if (twoSizes(parameters.encodings, small && !screen, priority)) await sender.setParameters(parameters);
        continue;
      }
      const less = screen ? SMALL_SCREEN : SMALL;
      if (video) for (const key of ["maxBitrate", "maxFramerate", "scaleResolutionDownBy"] as const) small ? (wanted[key] = less[key]) : delete wanted[key];
      if (video && !small && encoding.scaleResolutionDownBy !== undefined) wanted.scaleResolutionDownBy = 1;
      if (same(encoding, wanted)) continue;
      parameters.encodings[0] = wanted;
      await sender.setParameters(parameters);
    }
  }
}

/** The sizes of one picture on this rung: the large one rests on the small rung. False when they are so already. */
export function twoSizes(encodings: RTCRtpEncodingParameters[], small: boolean, priority: RTCPriorityType): boolean {
  const [little, large] = encodings;
  if (!little || !large || (large.active === !small && little.priority === priority)) return false;
  large.active = !small;
  // Never do both rest. Whether the small one is still wanted the relay's side looks once a second.
  little.active ||= small;
  for (const one of encodings) one.priority = one.networkPriority = priority;
  return true;
}

function largest(values: unknown[]): number | null {
  const numbers = values.filter((value): value is number => typeof value === "number");
  return numbers.length > 0 ? Math.max(...numbers) : null;
}

/** What the network carries, in kbit/s, while it is what holds the picture back; null: it holds back nothing, or nobody says. */
function carried(entries: Entry[]): number | null {
  const held = entries.some((entry) => entry["type"] === "outbound-rtp" && entry["kind"] === "video" && entry["qualityLimitationReason"] === "bandwidth");
  const pair = entries.find((entry) => entry["type"] === "candidate-pair" && entry["nominated"] === true && typeof entry["availableOutgoingBitrate"] === "number");
  return held && pair ? (pair["availableOutgoingBitrate"] as number) / 1_000 : null;
}

function same(a: RTCRtpEncodingParameters, b: RTCRtpEncodingParameters): boolean {
  const keys = ["priority", "networkPriority", "maxBitrate", "maxFramerate", "scaleResolutionDownBy"] as const;
  return keys.every((key) => a[key] === b[key] || (key === "scaleResolutionDownBy" && (a[key] ?? 1) === (b[key] ?? 1)));
}
