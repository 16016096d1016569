/** Reading a conversation: order, chain, signatures, boxes; each message becomes a line or a named fault (docs/crp-1.md 5). */
import { CrpError, SKEW, ZERO_HASH } from "./bytes";
import { isSelfSigned } from "./certs";
import { type Body, open, type Seen } from "./messages";
import { chainHash, type Message, Reader, readMessage } from "./records";
import type { Secrets } from "./secrets";
import type { KeyState } from "./state";

export interface Received {
  seq: number;
  receivedAt: number;
  message: Message;
}

/** Why a message cannot be shown or trusted. */
export type Fault = "no-key" | "order" | "repeated" | "bad-author" | "bad-signature" | "shut" | "malformed" | "broken";

export interface Line {
  /** 0 while it is still on its way. */
  seq: number;
  msgId: string;
  deviceId: string;
  personId: string | null;
  staff: boolean;
  /** Whether the author's device was vouched for when this was written. */
  verified: boolean;
  mine: boolean;
  receivedAt: number | null;
  body: Body | null;
  /** `no-key` is ordinary on a new phone: the message is from before it. */
  fault: Fault | null;
}

export function readReceived(data: unknown): Received {
  const r = new Reader(data);
  return { seq: r.number("seq"), receivedAt: r.number("received_at"), message: readMessage(data) };
}

const FAULTS: Record<string, Fault> = {
  "bad-signature": "bad-signature", "bad-author": "bad-author", misplaced: "bad-author", shut: "shut", commitment: "shut",
  "bad-padding": "malformed", malformed: "malformed",
};

/** The verified sequence of a conversation, as far as it was read. */
export class Reading {
  readonly lines: Line[] = [];
  readonly #hashes: string[] = [ZERO_HASH];
  readonly #ids = new Set<string>();

  constructor(
    readonly secrets: Secrets,
    readonly me: string,
  ) {}

  /** Last sequence number and its chain hash: what a new message says its author had seen. */
  get seen(): Seen {
    return { seq: this.#hashes.length - 1, hash: this.#hashes.at(-1) ?? ZERO_HASH };
  }

  hashAt(seq: number): string | undefined {
    return this.#hashes[seq];
  }

  /** Take the next message. Throws CrpError "order" when its number is not the next one: the caller asks the server again. */
  async take(received: Received, state: KeyState): Promise<Line> {
    if (received.seq !== this.#hashes.length) throw new CrpError("order", `expected ${this.#hashes.length}, got ${received.seq}`);
    const { message } = received;
    const ordered = this.#hashes[message.seen_seq] === message.seen_hash;
    this.#hashes.push(await chainHash(this.#hashes.at(-1) ?? ZERO_HASH, message));
    const line = await this.#line(received, state);
    if (this.#ids.has(message.msg_id)) line.fault = "repeated";
    else if (!ordered) line.fault ??= "order";
    this.#ids.add(message.msg_id);
    this.lines.push(line);
    return line;
  }

  /** Try lines without a key again: a grant may have come. */
  async retry(received: Received[], state: KeyState): Promise<void> {
    for (const [index, line] of this.lines.entries()) {
      const item = received[index];
      if (line.fault === "no-key" && item) this.lines[index] = await this.#line(item, state);
    }
  }

  async #line({ seq, receivedAt, message: m }: Received, state: KeyState): Promise<Line> {
    const author = state.directory.known(m.device_id);
    const line: Line = {
      seq, msgId: m.msg_id, deviceId: m.device_id, personId: author?.person_id ?? null, staff: state.isStaffDevice(m.device_id),
      verified: false, mine: m.device_id === this.me, receivedAt, body: null, fault: null,
    };
    try {
      const epoch = state.wire.epochs.find((one) => one.n === m.n);
      if (!author || !epoch) throw new CrpError("bad-author", "no such author or epoch");
      const secret = await this.secrets.of(m.n, state);
      if (!secret) return { ...line, fault: "no-key" };
      const body = await open(state.directory.curves, m, epoch, secret, author);
      const written = Math.min(Math.floor(body.ts / 1000), receivedAt + SKEW);
      const then = state.directory.valid(m.device_id, written);
      if (!then) throw new CrpError("bad-author", "the author had no valid certificate then");
      return { ...line, body, verified: !isSelfSigned(then) };
    } catch (error) {
      if (!(error instanceof CrpError)) throw error;
      return { ...line, fault: FAULTS[error.code] ?? "broken" };
    }
  }
}
