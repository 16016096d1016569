/** Messages: padded, sealed once under a key of their own, signed (docs/crp-1.md 5). */
import { aesOpen, aesSeal, type Bytes, b64, concat, CrpError, fromUtf8, keyAndNonce, lp, newId, u32, u64, unb64, utf8 } from "./bytes";
import { type Identity, signed, verifySig } from "./certs";
import type { Curves } from "./curves";
import { type Cert, type Epoch, type Message, messageHdr, messageTbs, Reader, type Unsigned } from "./records";

/** What a message says. Readers show an unknown `t` as "a newer kind of message", never as nothing. */
export interface Body {
  t: string;
  /** Milliseconds since 1970, by the author's clock. */
  ts: number;
  text: string;
  refs: string[];
  files: unknown[];
}

export const MAX_PADDED = 65_536;

/** The bucket for `size` bytes: powers of two from 256 to 4096, then Padmé. */
export function paddedSize(size: number): number {
  let bucket = 256;
  while (bucket < size && bucket < 4096) bucket *= 2;
  if (size <= bucket) return bucket;
  const exponent = Math.floor(Math.log2(size));
  const step = 2 ** (exponent - (Math.floor(Math.log2(exponent)) + 1));
  return Math.ceil(size / step) * step;
}

export function pad(body: Bytes): Bytes {
  const padded = new Uint8Array(paddedSize(4 + body.length));
  if (padded.length > MAX_PADDED) throw new CrpError("too-long", "this message is too long; send it in parts");
  padded.set(concat(u32(body.length), body));
  return padded;
}

/** Throws CrpError "bad-padding" unless length, bucket and zeros are exactly those of `pad`. */
export function unpad(padded: Bytes): Bytes {
  const size = padded.length < 4 ? -5 : new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  if (size < 0 || paddedSize(4 + size) !== padded.length || padded.subarray(4 + size).some((byte) => byte !== 0)) {
    throw new CrpError("bad-padding", "the padding of this message is wrong");
  }
  return padded.slice(4, 4 + size);
}

export function messageKey(m: Pick<Message, "conv_id" | "n" | "device_id" | "msg_id">, secret: Bytes): Promise<{ key: Bytes; nonce: Bytes }> {
  return keyAndNonce(secret, lp(utf8("careroom/msg-key/v1"), unb64(m.conv_id), u64(m.n), unb64(m.device_id), unb64(m.msg_id)));
}

/** What the author had verified of the conversation before writing. */
export interface Seen {
  seq: number;
  hash: string;
}

/**
 * Seal a body in an epoch. The message id is made in here and nowhere else, so that a key and nonce never serve twice: to send
 * the text in another epoch, seal it again.
 */
export async function seal(device: Identity, epoch: Epoch, secret: Bytes, body: Body, seen: Seen): Promise<Message> {
  const head = {
    suite: 1, conv_id: epoch.id, n: epoch.n, commit: epoch.commit, device_id: device.deviceId, msg_id: newId(), kind: epoch.kind,
    seen_seq: seen.seq, seen_hash: seen.hash,
  } as const;
  const { key, nonce } = await messageKey(head, secret);
  const ct = b64(await aesSeal(key, nonce, messageHdr(head), pad(utf8(JSON.stringify(body)))));
  const record: Unsigned<Message> = { ...head, ct };
  return signed<Message>(record, await messageTbs(record), device.sign);
}

/** Signature, place, box, padding, shape: in that order. Throws CrpError. */
export async function open(curves: Curves, m: Message, epoch: Epoch, secret: Bytes, author: Cert): Promise<Body> {
  if (m.device_id !== author.device_id || m.conv_id !== epoch.id || m.n !== epoch.n || m.commit !== epoch.commit || m.kind !== epoch.kind) {
    throw new CrpError("misplaced", "this message does not belong here");
  }
  if (!epoch.wraps.some((wrap) => wrap.to === `dev:${m.device_id}`)) throw new CrpError("bad-author", "the author is no member");
  await verifySig(curves, author.ds_pub, m.sig, await messageTbs(m), "message");
  const { key, nonce } = await messageKey(m, secret);
  return readBody(unpad(await aesOpen(key, nonce, messageHdr(m), unb64(m.ct))));
}

export function readBody(raw: Bytes): Body {
  let data: unknown;
  try {
    data = JSON.parse(fromUtf8(raw));
  } catch (cause) {
    throw Object.assign(new CrpError("malformed", "the body is not JSON"), { cause });
  }
  const r = new Reader(data);
  return {
    t: r.text("t"), ts: r.number("ts"), text: r.has("text") ? r.text("text", MAX_PADDED) : "",
    refs: r.has("refs") ? r.texts("refs") : [], files: r.has("files") ? r.list("files") : [],
  };
}
