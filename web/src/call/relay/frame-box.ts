/**
 * One frame sealed and opened: `clear || SFrame(header || ciphertext) || u8 c`, where c counts the clear bytes. The clear bytes and
 * c are authenticated with the frame (docs/crp-1.md 9), so that nothing of it can be changed on the way.
 */
import { type Bytes, concat, u8 } from "../../crypto/bytes";
import { clearBytes, type Codec, escape, unescape } from "./clear";
import { decodeHeader, decrypt, encrypt, type FrameKey } from "./sframe";

/** Frames of one key that may come out of order; older ones are dropped. */
const WINDOW = 1024n;

/** Seals with the newest key; a counter never goes back while its key lives. */
export class FrameSealer {
  #key: FrameKey | null = null;
  #ctr = 0n;

  get ready(): boolean {
    return this.#key !== null;
  }

  use(key: FrameKey): void {
    if (this.#key?.kid === key.kid) return;
    this.#key = key;
    this.#ctr = 0n;
  }

  /** null without a key: then nothing leaves. */
  async seal(codec: Codec, frame: Bytes): Promise<Bytes | null> {
    const key = this.#key;
    if (!key) return null;
    const c = clearBytes(codec, frame);
    if (c > 255) return null;
    const ctr = this.#ctr;
    this.#ctr += 1n;
    const clear = frame.slice(0, c);
    const sealed = await encrypt(key, ctr, concat(clear, u8(c)), frame.slice(c));
    const tail = concat(sealed, u8(c));
    return concat(clear, codec === "h264" ? escape(tail) : tail);
  }
}

/** `no-key`: sealed under a key that is not here (yet). */
export type Opened = Bytes | "no-key" | "refused";

export class FrameOpener {
  readonly #keys = new Map<bigint, { key: FrameKey; newest: bigint; seen: Set<bigint> }>();

  learn(key: FrameKey): void {
    if (!this.#keys.has(key.kid)) this.#keys.set(key.kid, { key, newest: -1n, seen: new Set() });
  }

  forget(kid: bigint): void {
    this.#keys.delete(kid);
  }

  async open(codec: Codec, data: Bytes): Promise<Opened> {
    const frame = codec === "h264" ? this.#unescaped(data) : data;
    const c = frame?.[frame.length - 1];
    if (!frame || c === undefined || c >= frame.length) return "refused";
    const sealed = frame.slice(c, -1);
    const header = decodeHeader(sealed);
    if (!header) return "refused";
    const held = this.#keys.get(header.kid);
    // A key that is older than one we have will not come any more.
    if (!held) return [...this.#keys.keys()].some((kid) => kid >> 7n > header.kid >> 7n) ? "refused" : "no-key";
    if (header.ctr + WINDOW <= held.newest || held.seen.has(header.ctr)) return "refused";
    const clear = frame.slice(0, c);
    const plain = await decrypt(held.key, header, sealed, concat(clear, u8(c)));
    if (!plain) return "refused";
    held.seen.add(header.ctr);
    if (header.ctr > held.newest) held.newest = header.ctr;
    if (held.seen.size > 2 * Number(WINDOW)) for (const ctr of held.seen) if (ctr + WINDOW <= held.newest) held.seen.delete(ctr);
    return concat(clear, plain);
  }

  /** The clear part is not escaped by us; the last byte of the whole says how long it is. */
  #unescaped(data: Bytes): Bytes | null {
    const c = data[data.length - 1];
    if (c === undefined || c >= data.length) return null;
    return concat(data.slice(0, c), unescape(data.slice(c)));
  }
}
