/** CRP-1 encoding and symmetric primitives (docs/crp-1.md section 1). WebCrypto only; nothing here knows a curve. */

export type Bytes = Uint8Array<ArrayBuffer>;

/** A record, a signature or a box that breaks a rule of CRP-1. `code` is stable, the message is for the console. */
export class CrpError extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(detail);
    this.name = "CrpError";
  }
}

export const SUITE = 1;
export const ZERO32: Bytes = new Uint8Array(32);
export const MAX_WIRE_INT = Number.MAX_SAFE_INTEGER;
/** Seconds a clock may be ahead before a record counts as from the future. */
export const SKEW = 300;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export const utf8 = (text: string): Bytes => encoder.encode(text);
export const fromUtf8 = (raw: Bytes): string => decoder.decode(raw);

export function concat(...parts: Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Each part behind its length in four bytes, big-endian: different lists never give the same bytes. */
export function lp(...parts: Bytes[]): Bytes {
  return concat(...parts.flatMap((part) => [u32(part.length), part]));
}

export function u8(value: number): Bytes {
  return Uint8Array.of(value);
}

export function u32(value: number): Bytes {
  const raw = new Uint8Array(4);
  new DataView(raw.buffer).setUint32(0, value);
  return raw;
}

export function u64(value: number): Bytes {
  if (!Number.isSafeInteger(value) || value < 0) throw new CrpError("malformed", "not a whole number in range");
  const raw = new Uint8Array(8);
  new DataView(raw.buffer).setBigUint64(0, BigInt(value));
  return raw;
}

/** base64url without padding (RFC 4648 section 5). */
export function b64(raw: Bytes): string {
  let text = "";
  for (let i = 0; i < raw.length; i += 8192) text += String.fromCharCode(...raw.subarray(i, i + 8192));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Reverse of `b64`; throws on anything that is not canonical. */
export function unb64(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new CrpError("malformed", "not base64url");
  const raw = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  if (b64(raw) !== text) throw new CrpError("malformed", "not canonical base64url");
  return raw;
}

export const ZERO_HASH: string = b64(ZERO32);
export const ZERO_ID: string = b64(new Uint8Array(16));

export function random(size: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** 16 random bytes as 22 characters. */
export const newId = (): string => b64(random(16));

export async function sha256(raw: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", raw));
}

export function compareBytes(a: Bytes, b: Bytes): number {
  const size = Math.min(a.length, b.length);
  for (let i = 0; i < size; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** HKDF-SHA256 with an empty salt (RFC 5869). */
export async function hkdf(ikm: Bytes, info: Bytes, size: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", ikm, "HKDF", false, ["deriveBits"]);
  const params = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
  return new Uint8Array(await crypto.subtle.deriveBits(params, key, size * 8));
}

/** Key (32 bytes) and nonce (12 bytes) for one AES-256-GCM box. */
export async function keyAndNonce(secret: Bytes, info: Bytes): Promise<{ key: Bytes; nonce: Bytes }> {
  const okm = await hkdf(secret, info, 44);
  return { key: okm.slice(0, 32), nonce: okm.slice(32) };
}

export async function aesSeal(key: Bytes, nonce: Bytes, aad: Bytes, plain: Bytes): Promise<Bytes> {
  const handle = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: aad }, handle, plain));
}

/** Throws CrpError "shut" when the box was made with another key, nonce or AAD. */
export async function aesOpen(key: Bytes, nonce: Bytes, aad: Bytes, sealed: Bytes): Promise<Bytes> {
  const handle = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce, additionalData: aad }, handle, sealed));
  } catch (cause) {
    throw shut(cause);
  }
}

/** The one error for a box that does not open; the cause says nothing useful and is kept for the console. */
export function shut(cause: unknown): CrpError {
  const error = new CrpError("shut", "this box does not open with this key");
  error.cause = cause;
  return error;
}

/** Eight bytes that name a receiving key. */
export async function kidOf(pub: string): Promise<string> {
  return b64((await sha256(lp(utf8("careroom/kid/v1"), unb64(pub)))).slice(0, 8));
}
