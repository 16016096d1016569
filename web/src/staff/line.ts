/**
 * The line to one patient at a time: joined and warmed while they are next, live once admitted.
 * Which patient that is, the board decides (`point`); here it is only carried out, one step after the other.
 */
import { effect, signal, untracked } from "@preact/signals";
import { joinCall, type JoinedCall } from "../call/join";
import type { Chat } from "../chat/chat";
import { speakFor } from "../chat/identity";
import type { Api } from "../lib/api";
import type { Live } from "../lib/live";
import type { OwnMedia } from "./own-media";
import type { CallSeat, Row } from "./types";

export interface Joined extends JoinedCall {
  visitId: string;
  /** Media is wanted: the visit runs. */
  started: boolean;
}

/** Made once the media is on, and ended with the call. */
export type OnStart = (joined: Joined) => void;

/** The visit to be joined, and the conversation whose keys prove who speaks in it. */
export interface LineTarget {
  visitId: string;
  conversationId: string;
}

export class Line {
  readonly joined = signal<Joined | null>(null);
  /** Why the last join failed, for the page to say. */
  readonly failed = signal<unknown>(null);
  readonly #stop: () => void;
  #wanted: LineTarget | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(
    readonly api: Api,
    readonly live: Live,
    readonly media: OwnMedia,
    readonly chatOf: (conversationId: string) => Promise<Chat>,
    readonly onStart: OnStart = () => undefined,
  ) {
    // Camera opened, closed or changed while a visit runs: the call follows.
    this.#stop = effect(() => {
      const stream = media.stream.value;
      const joined = this.joined.peek();
      if (joined?.started) untracked(() => void joined.call.start(stream));
    });
  }

  /** Points the line at a visit (null: nobody). Resolves when it stands there; later calls win over earlier ones. */
  point(target: LineTarget | null): Promise<void> {
    if (this.#wanted?.visitId === target?.visitId) return this.#turn;
    this.#wanted = target;
    this.#turn = this.#turn.then(() => this.#move());
    return this.#turn;
  }

  /** Media on, for this visit: the one step left after admit. Again: nothing. */
  async start(visitId: string): Promise<void> {
    const joined = this.joined.peek();
    if (joined?.visitId !== visitId || joined.started) return;
    joined.started = true;
    await joined.call.start(this.media.stream.peek());
    this.onStart(joined);
  }

  /** A call that ended by itself (blocked, fenced) is made anew. */
  async again(): Promise<void> {
    const target = this.#wanted;
    await this.point(null);
    await this.point(target);
  }

  close(): void {
    this.#stop();
    void this.point(null);
  }

  async #move(): Promise<void> {
    const target = this.#wanted;
    if (this.joined.peek()?.visitId === target?.visitId) return;
    this.joined.peek()?.leave();
    this.joined.value = null;
    if (target === null) return;
    try {
      const answer = await this.api.post<{ call: CallSeat; row: Row }>(`/v1/visits/${target.visitId}/join`, {});
      this.failed.value = null;
      if (this.#wanted === target) this.#connect(target, answer.call);
    } catch (error) {
      this.failed.value = error;
      if (this.#wanted === target) this.#wanted = null;
    }
  }

  #connect(target: LineTarget, seat: CallSeat): void {
    const joined = joinCall(this.api, this.live, seat);
    this.joined.value = { ...joined, visitId: target.visitId, started: false };
    void joined.call.prepare();
    speakFor(joined, this.chatOf(target.conversationId));
  }
}
