/**
 * Frame keys of one call: each page makes its own and seals it to everybody else's key of this call. Nothing is stored, nothing is
 * sealed to the records key, and no two generations have anything in common: who joins later or was sent away opens nothing.
 */
import { b64, type Bytes, lp, random, u64, unb64, utf8 } from "../../crypto/bytes";
import type { Ephemeral } from "./ephemeral";
import { AES_256, deriveKey, type FrameKey } from "./sframe";

export const TRACKS = { audio: 0, video: 1 } as const;
export type TrackKind = keyof typeof TRACKS;

/** One sender's secret of one generation. */
export interface SenderSecret {
  gen: number;
  slot: number;
  secret: Bytes;
}

/** `gen<<7 | slot<<2 | track` (docs/crp-1.md 9). */
export function kidOf(gen: number, slot: number, track: TrackKind): bigint {
  return (BigInt(gen) << 7n) | BigInt((slot << 2) | TRACKS[track]);
}

/** The key under which this seat's frames of this track travel. */
export async function frameKey(callId: string, seat: string, sid: string, of: SenderSecret, track: TrackKind): Promise<FrameKey> {
  const info = lp(utf8("careroom/sframe/v1"), utf8(callId), utf8(seat), utf8(sid), u64(of.gen), Uint8Array.of(TRACKS[track]));
  const secret = await crypto.subtle.importKey("raw", of.secret, "HKDF", false, ["deriveBits"]);
  const params = { name: "HKDF", hash: "SHA-512", salt: new Uint8Array(0), info };
  const base = new Uint8Array(await crypto.subtle.deriveBits(params, secret, 256));
  return deriveKey(AES_256, kidOf(of.gen, of.slot, track), base);
}

/** Who seals to whom: every name of both sides, so that a key moved to another place does not open. */
export interface Between {
  callId: string;
  from: string;
  fromSid: string;
  to: string;
  toSid: string;
}

function sealInfo(b: Between, gen: number, slot: number): Bytes {
  const names = [b.callId, b.from, b.fromSid, b.to, b.toSid].map(utf8);
  return lp(utf8("careroom/senderkey/v1"), ...names, u64(gen), Uint8Array.of(slot));
}

export class OwnKeys {
  #own: SenderSecret | null = null;
  readonly #slot = (random(1)[0] ?? 0) & 31;

  constructor(readonly pair: Ephemeral) {}

  get current(): SenderSecret | null {
    return this.#own;
  }

  /** A new generation: somebody came or went. */
  renew(): SenderSecret {
    this.#own = { gen: (this.#own?.gen ?? -1) + 1, slot: this.#slot, secret: random(32) };
    return this.#own;
  }

  async sealTo(kem: string, between: Between): Promise<{ gen: number; slot: number; sealed: string } | null> {
    const own = this.#own;
    if (!own) return null;
    const sealed = await this.pair.sealTo(unb64(kem), sealInfo(between, own.gen, own.slot), own.secret);
    return { gen: own.gen, slot: own.slot, sealed: b64(sealed) };
  }

  /** Throws CrpError when it was not sealed to us by the holder of `kem`, for this place. */
  async openFrom(kem: string, between: Between, frame: { gen: number; slot: number; sealed: string }): Promise<SenderSecret> {
    const secret = await this.pair.openFrom(unb64(kem), sealInfo(between, frame.gen, frame.slot), unb64(frame.sealed));
    return { gen: frame.gen, slot: frame.slot, secret };
  }
}
