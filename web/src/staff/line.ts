/**
 * The line to one patient at a time: joined and warmed while they are next, live once admitted.
 * Which patient that is, the board decides (`point`); here it is only carried out, one step after the other.
 */
import { effect, signal, untracked } from "@preact/signals";
import { joinCall, type JoinedCall } from "../call/join";
import type { CallIdentity } from "../call/security";
import type { Api } from "../lib/api";
import type { Live } from "../lib/live";
import type { OwnMedia } from "./own-media";
import type { CallSeat, Row } from "./types";

export interface Joined extends JoinedCall {
  visitId: string;
  /** Media is wanted: the visit runs. */
  started: boolean;
}

export class Line {
  readonly joined = signal<Joined | null>(null);
  /** Why the last join failed, for the page to say. */
  readonly failed = signal<unknown>(null);
  readonly #stop: () => void;
  #identity: CallIdentity | null = null;
  #wanted: string | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(
    readonly api: Api,
    readonly live: Live,
    readonly media: OwnMedia,
  ) {
    // Camera opened, closed or changed while a visit runs: the call follows.
    this.#stop = effect(() => {
      const stream = media.stream.value;
      const joined = this.joined.peek();
      if (joined?.started) untracked(() => void joined.call.start(stream));
    });
  }

  /** The device's keys are there (or changed): the call proves itself with them. */
  identify(identity: CallIdentity | null): void {
    this.#identity = identity;
    void this.joined.peek()?.call.identityChanged(identity);
  }

  /** Points the line at a visit (null: nobody). Resolves when it stands there; later calls win over earlier ones. */
  point(visitId: string | null): Promise<void> {
    if (this.#wanted === visitId) return this.#turn;
    this.#wanted = visitId;
    this.#turn = this.#turn.then(() => this.#move());
    return this.#turn;
  }

  /** Media on, for this visit: the one step left after admit. Again: nothing. */
  async start(visitId: string): Promise<void> {
    const joined = this.joined.peek();
    if (joined?.visitId !== visitId || joined.started) return;
    joined.started = true;
    await joined.call.start(this.media.stream.peek());
  }

  /** A call that ended by itself (blocked, fenced) is made anew. */
  async again(): Promise<void> {
    const visitId = this.#wanted;
    await this.point(null);
    await this.point(visitId);
  }

  close(): void {
    this.#stop();
    void this.point(null);
  }

  async #move(): Promise<void> {
    const visitId = this.#wanted;
    if ((this.joined.peek()?.visitId ?? null) === visitId) return;
    this.joined.peek()?.leave();
    this.joined.value = null;
    if (visitId === null) return;
    try {
      const answer = await this.api.post<{ call: CallSeat; row: Row }>(`/v1/visits/${visitId}/join`, {});
      this.failed.value = null;
      if (this.#wanted === visitId) this.#connect(visitId, answer.call);
    } catch (error) {
      this.failed.value = error;
      if (this.#wanted === visitId) this.#wanted = null;
    }
  }

  #connect(visitId: string, seat: CallSeat): void {
    const joined = joinCall(this.live, seat, { identity: this.#identity });
    this.joined.value = { ...joined, visitId, started: false };
    void joined.call.prepare();
  }
}
