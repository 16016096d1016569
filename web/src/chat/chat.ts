/** One conversation on a page: its lines as a signal, kept current by the live channel, sent again until they stand. */
import { signal, type ReadonlySignal } from "@preact/signals";
import type { Conversation, Keys } from "../crypto/conversation";
import type { Line } from "../crypto/reading";
import type { KeyState } from "../crypto/state";
import { CrpError } from "../crypto/bytes";
import type { Live, LiveEvent } from "../lib/live";
import { Backoff } from "../call/retry";
import type { HttpTransport } from "./transport";

/** `loading` until the first load ended; `away`: the server does not answer, what is shown may be old. */
export type ChatState = "loading" | "ready" | "away";

const AGAIN_MS = 3_000;
const LONGEST_MS = 60_000;

export class Chat {
  readonly #lines = signal<readonly Line[]>([]);
  readonly #keys = signal<Keys>({ noStaffDevice: true, deviceUnverified: true, blocked: "not-opened" });
  readonly #state = signal<ChatState>("loading");
  readonly #standing = signal("");
  readonly #flying = signal(0);
  readonly #again = new Backoff(AGAIN_MS, LONGEST_MS);
  readonly #online = (): void => void this.refresh();
  #unfollow: (() => void) | null = null;
  #onKept: (() => void) | null = null;

  constructor(
    readonly conversation: Conversation,
    readonly transport: HttpTransport,
  ) {
    conversation.onChange = () => this.#show();
  }

  get lines(): ReadonlySignal<readonly Line[]> {
    return this.#lines;
  }

  get keys(): ReadonlySignal<Keys> {
    return this.#keys;
  }

  get state(): ReadonlySignal<ChatState> {
    return this.#state;
  }

  /** See `Conversation.standing`. */
  get standing(): ReadonlySignal<string> {
    return this.#standing;
  }

  /** Is anything on its way just now? A waiting line is then "sending", else "could not be sent". */
  get sending(): ReadonlySignal<number> {
    return this.#flying;
  }

  get keyState(): KeyState | null {
    return this.conversation.state;
  }

  /** Load, then follow `conv:<id>`. */
  async open(live: Live): Promise<void> {
    globalThis.addEventListener?.("online", this.#online);
    await this.refresh();
    this.#unfollow = live.follow(`conv:${this.conversation.id}`, {
      head: this.transport.head,
      apply: (event) => void this.#apply(event),
      reload: async () => {
        await this.refresh();
        return this.transport.head;
      },
    });
  }

  close(): void {
    globalThis.removeEventListener?.("online", this.#online);
    this.#again.stop();
    this.#unfollow?.();
    this.#unfollow = null;
  }

  /** Everything again, and what waits in the outbox is sent. Never throws: a failure shows in `state` and is tried again. */
  async refresh(): Promise<void> {
    this.transport.wantAll();
    await this.#fly(() => this.conversation.load());
  }

  /**
   * Send. Resolves true as soon as the sealed message is kept on this device: from then on it is sent until it stands, over reloads
   * too, and stands once. False: it was not kept, so the text must stay where it was written.
   */
  send(text: string): Promise<boolean> {
    const known = new Set(this.#lines.value.map((line) => line.msgId));
    return new Promise((resolve) => {
      this.#onKept = () => {
        if (this.#lines.value.some((line) => line.mine && !known.has(line.msgId))) resolve(true);
      };
      void this.#fly(() => this.conversation.send(text)).then(() => {
        this.#onKept?.();
        this.#onKept = null;
        resolve(false);
      });
    });
  }

  /** Staff, after seeing or hearing who it is: this phone is the patient's. */
  async vouch(deviceId: string, assurance: "dob" | "video" | "video_sas" | "in_person"): Promise<void> {
    await this.#fly(() => this.conversation.vouch(deviceId, assurance));
  }

  async #fly(act: () => Promise<void>): Promise<void> {
    this.#flying.value += 1;
    this.#again.stop();
    try {
      await act();
      this.#state.value = "ready";
      this.#again.reset();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#flying.value -= 1;
      this.#show();
    }
  }

  /** What the keys forbid is shown as such; everything else is a server that did not answer, and is tried again. */
  #failed(error: unknown): void {
    console.error("chat:", error);
    const refused = error instanceof CrpError && this.conversation.keys.blocked !== null;
    this.#state.value = refused ? "ready" : "away";
    if (!refused) this.#again.arm(() => void this.refresh());
  }

  async #apply(event: LiveEvent): Promise<void> {
    const patch = event.d as { messages?: Record<string, Record<string, unknown>> };
    const posted = Object.values(patch.messages ?? {});
    if (event.type !== "message.posted" || posted.length === 0) return this.refresh();
    for (const message of posted) {
      this.transport.note(message);
      await this.#fly(() => this.conversation.receive(message));
    }
  }

  #show(): void {
    this.#lines.value = [...this.conversation.lines];
    this.#keys.value = { ...this.conversation.keys };
    this.#standing.value = this.conversation.standing;
    this.#onKept?.();
  }
}
