/**
 * SFrame (RFC 9605), cipher suite 5: AES_256_GCM_SHA512_128. Suite 4 differs in two lengths and one hash and is here for the vectors.
 *
 * Key ids and counters are BigInt: both may have 64 bits.
 */
import { type Bytes, concat, utf8 } from "../../crypto/bytes";

export interface Suite {
  id: number;
  hash: "SHA-256" | "SHA-512";
  keyBytes: number;
}

export const AES_256: Suite = { id: 5, hash: "SHA-512", keyBytes: 32 };
export const AES_128: Suite = { id: 4, hash: "SHA-256", keyBytes: 16 };
export const TAG = 16;
const NONCE = 12;

export interface Header {
  kid: bigint;
  ctr: bigint;
  /** Bytes of the encoded header. */
  size: number;
}

/** Least bytes that hold the value, at least one. */
function least(value: bigint): number {
  let size = 1;
  while (value >> BigInt(8 * size)) size += 1;
  return size;
}

function put(out: Bytes, at: number, size: number, value: bigint): void {
  for (let i = size - 1; i >= 0; i--) {
    out[at + i] = Number(value & 0xffn);
    value >>= 8n;
  }
}

function read(data: Bytes, at: number, size: number): bigint {
  let value = 0n;
  for (let i = at; i < at + size; i++) value = (value << 8n) | BigInt(data[i] ?? 0);
  return value;
}

/** Section 4.3: one byte of config, then the key id and the counter where they do not fit into it. */
export function encodeHeader(kid: bigint, ctr: bigint): Bytes {
  const kidSize = kid < 8n ? 0 : least(kid);
  const ctrSize = ctr < 8n ? 0 : least(ctr);
  const out = new Uint8Array(1 + kidSize + ctrSize);
  const k = kidSize ? 0x80 | ((kidSize - 1) << 4) : Number(kid) << 4;
  const c = ctrSize ? 0x08 | (ctrSize - 1) : Number(ctr);
  out[0] = k | c;
  put(out, 1, kidSize, kid);
  put(out, 1 + kidSize, ctrSize, ctr);
  return out;
}

/** null when the data is shorter than its header says. */
export function decodeHeader(data: Bytes): Header | null {
  const config = data[0];
  if (config === undefined) return null;
  const [k, c] = [(config >> 4) & 7, config & 7];
  const kidSize = config & 0x80 ? k + 1 : 0;
  const ctrSize = config & 0x08 ? c + 1 : 0;
  const size = 1 + kidSize + ctrSize;
  if (data.length < size) return null;
  return { kid: kidSize ? read(data, 1, kidSize) : BigInt(k), ctr: ctrSize ? read(data, 1 + kidSize, ctrSize) : BigInt(c), size };
}

/** The key of one key id, ready for use. */
export interface FrameKey {
  kid: bigint;
  key: CryptoKey;
  salt: Bytes;
}

/** Section 4.4.2: key and salt from the base key, bound to key id and suite. */
export async function deriveKey(suite: Suite, kid: bigint, baseKey: Bytes): Promise<FrameKey> {
  const { key, salt } = await deriveRaw(suite, kid, baseKey);
  return { kid, salt, key: await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]) };
}

export async function deriveRaw(suite: Suite, kid: bigint, baseKey: Bytes): Promise<{ key: Bytes; salt: Bytes }> {
  const secret = await crypto.subtle.importKey("raw", baseKey, "HKDF", false, ["deriveBits"]);
  const label = async (text: string, bytes: number): Promise<Bytes> => {
    const tail = new Uint8Array(10);
    put(tail, 0, 8, kid);
    put(tail, 8, 2, BigInt(suite.id));
    const info = concat(utf8(text), tail);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: suite.hash, salt: new Uint8Array(0), info }, secret, 8 * bytes));
  };
  return { key: await label("SFrame 1.0 Secret key ", suite.keyBytes), salt: await label("SFrame 1.0 Secret salt ", NONCE) };
}

export function nonceOf(salt: Bytes, ctr: bigint): Bytes {
  const nonce = new Uint8Array(NONCE);
  put(nonce, NONCE - 8, 8, ctr);
  for (let i = 0; i < NONCE; i++) nonce[i] = (nonce[i] ?? 0) ^ (salt[i] ?? 0);
  return nonce;
}

/** Header, then ciphertext with its tag. `metadata` is authenticated beside the header. */
export async function encrypt(key: FrameKey, ctr: bigint, metadata: Bytes, plain: Bytes): Promise<Bytes> {
  const header = encodeHeader(key.kid, ctr);
  const params = { name: "AES-GCM", iv: nonceOf(key.salt, ctr), additionalData: concat(header, metadata), tagLength: 8 * TAG };
  return concat(header, new Uint8Array(await crypto.subtle.encrypt(params, key.key, plain)));
}

/** The plaintext, or null when it is not what was sealed under this key. */
export async function decrypt(key: FrameKey, header: Header, sealed: Bytes, metadata: Bytes): Promise<Bytes | null> {
  const additionalData = concat(sealed.slice(0, header.size), metadata);
  const params = { name: "AES-GCM", iv: nonceOf(key.salt, header.ctr), additionalData, tagLength: 8 * TAG };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(params, key.key, sealed.slice(header.size)));
  } catch (error) {
    if (error instanceof DOMException && error.name === "OperationError") return null;
    throw error;
  }
}
