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
  room: string;
  visitId: string;
  /** Media is wanted: the visit runs. */
  started: boolean;
}

/** Made once the media is on, and ended with the call. */
export type OnStart = (joined: Joined) => void;

/** The visit to be joined, the room it is held in, and the conversation whose keys prove who speaks in it. */
export interface LineTarget {
  room: string;
  visitId: string;
  conversationId: string;
}

export class Line {
  readonly joined = signal<Joined | null>(null);
  /** Why the last join failed, for the page to say. */
  readonly failed = signal<unknown>(null);
  readonly #stop: () => void;
  #wanted: LineTarget | null = null;
  #seat: CallSeat | null = null;
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
    if (this.#seat && target) this.#seat.visit = target.visitId; // of a group: whoever of it is in the call
    if (this.#wanted?.room === target?.room) return this.#turn;
    this.#wanted = target;
    this.#turn = this.#turn.then(() => this.#move());
    return this.#turn;
  }

  /** Media on, for this room: the one step left after admit. Again: nothing. */
  async start(room: string): Promise<void> {
    const joined = this.joined.peek();
    if (joined?.room !== room || joined.started) return;
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
    if (this.joined.peek()?.room === target?.room) return;
    this.joined.peek()?.leave();
    this.joined.value = this.#seat = null;
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
    this.#seat = seat;
    this.joined.value = { ...joined, room: target.room, visitId: target.visitId, started: false };
    void joined.call.prepare();
    if (target.room === target.visitId) speakFor(joined, this.chatOf(target.conversationId)); // a group's speaks for itself
  }
}
