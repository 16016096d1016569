/** Somebody else in a relayed call, as this page knows them. */
import { signal } from "@preact/signals";
import { type Sends, sendsOf } from "../frames";
import type { FromWorker } from "./sealing.worker";
import { kidOf, type SenderSecret, type TrackKind } from "./keys";
import type { CallStats } from "../stats";

/** For the page to show. */
export interface Other {
  seat: string;
  stream: MediaStream | null;
  sends: Sends;
  security: "verified" | "unconfirmed";
}

/** Samples in a row without one frame in the opening worker, although packets came. */
const DEAF = 3;

export class Member {
  readonly state = signal<Sends>(sendsOf({}));
  readonly stream = signal<MediaStream | null>(null);
  readonly security = signal<"verified" | "unconfirmed">("unconfirmed");
  hello: unknown = null;
  /** The key of the signed hello, once there was one: never forgotten for a later hello without. */
  proven: string | null = null;
  published = 0;
  /** Their live channel has ended and they have not been heard of since. */
  absent = false;
  #secret: SenderSecret | null = null;
  #silent = 0;
  #counted = { passed: 0, dropped: 0 };
  #through = 0;

  constructor(
    readonly seat: string,
    readonly sid: string,
    readonly kem: string,
  ) {}

  /** Names this member's keys in the worker: a reloaded page's are others. */
  get id(): string {
    return `${this.seat}/${this.sid}`;
  }

  /** Remember the newest secret; the key ids that it replaces. */
  learn(secret: SenderSecret): [TrackKind, bigint][] | null {
    const old = this.#secret;
    if (old && old.gen >= secret.gen) return null;
    this.#secret = secret;
    return old ? (["audio", "video"] as const).map((kind) => [kind, kidOf(old.gen, old.slot, kind)]) : null;
  }

  view(): Other {
    return { seat: this.seat, stream: this.stream.value, sends: this.state.value, security: this.security.value };
  }

  #count(counts: ReadonlyMap<string, FromWorker> | undefined): { passed: number; dropped: number } {
    const all = ["audio", "video"].map((kind) => counts?.get(`${this.id}/${kind}`));
    return { passed: all.reduce((sum, one) => sum + (one?.passed ?? 0), 0), dropped: all.reduce((sum, one) => sum + (one?.dropped ?? 0), 0) };
  }

  /** Whether since the last look frames came and none could be opened: their key was lost on the way. */
  keyless(counts: ReadonlyMap<string, FromWorker> | undefined): boolean {
    const [before, now] = [this.#counted, this.#count(counts)];
    this.#counted = now;
    return now.dropped > before.dropped && now.passed === before.passed;
  }

  /** Whether frames should have come through the worker and did not. */
  deaf(before: CallStats | null, now: CallStats, counts: ReadonlyMap<string, FromWorker> | undefined): boolean {
    const { passed, dropped } = this.#count(counts);
    const through = passed + dropped;
    const came = before !== null && now.packetsReceived - before.packetsReceived > 10;
    const sends = this.state.value.started && (this.state.value.audio || this.state.value.video);
    this.#silent = came && sends && this.stream.value !== null && through === this.#through ? this.#silent + 1 : 0;
    this.#through = through;
    if (this.#silent < DEAF) return false;
    this.#silent = 0;
    return true;
  }
}
