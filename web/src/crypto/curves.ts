/**
 * Ed25519 and HPKE, by WebCrypto where it has the curves, else by @noble/curves (loaded only then). Same formats either way.
 *
 * Private keys: native ones are non-extractable CryptoKeys; noble ones are bytes that rest sealed under a non-extractable AES key.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { type Bytes, concat, shut } from "./bytes";

/** What a device keeps: exactly this goes into IndexedDB. */
export type StoredKeys =
  | { mode: "native"; ds: CryptoKey; dk: CryptoKeyPair; dsPub: Bytes; dkPub: Bytes }
  | { mode: "noble"; iv: Bytes; sealed: Bytes; dsPub: Bytes; dkPub: Bytes };

export interface Curves {
  readonly mode: "native" | "noble";
  /** New keys for a device. `wrapping` is its AES-GCM key, used only where private keys are bytes. */
  generate(wrapping: CryptoKey): Promise<StoredKeys>;
  /** Ed25519. WebKit signs with randomness: store what you signed, never sign again to compare. */
  sign(keys: StoredKeys, wrapping: CryptoKey, data: Bytes): Promise<Bytes>;
  verify(pub: Bytes, sig: Bytes, data: Bytes): Promise<boolean>;
  /** HPKE base mode, empty AAD: enc || ct. */
  seal(pub: Bytes, info: Bytes, plain: Bytes): Promise<Bytes>;
  /** For what this interface does not have: keys of one call. */
  readonly suite: CipherSuite;
  /** Throws CrpError "shut". */
  open(keys: StoredKeys, wrapping: CryptoKey, info: Bytes, sealed: Bytes): Promise<Bytes>;
}

export const ENC = 32;

export async function hpkeSeal(suite: CipherSuite, pub: Bytes, info: Bytes, plain: Bytes): Promise<Bytes> {
  const sender = await suite.createSenderContext({ recipientPublicKey: await suite.kem.deserializePublicKey(pub), info });
  return concat(new Uint8Array(sender.enc), new Uint8Array(await sender.seal(plain)));
}

export async function hpkeOpen(suite: CipherSuite, pair: CryptoKeyPair, info: Bytes, sealed: Bytes): Promise<Bytes> {
  try {
    const recipient = await suite.createRecipientContext({ recipientKey: pair, enc: sealed.slice(0, ENC), info });
    return new Uint8Array(await recipient.open(sealed.slice(ENC)));
  } catch (cause) {
    throw shut(cause);
  }
}

function nativeOf(keys: StoredKeys): StoredKeys & { mode: "native" } {
  if (keys.mode !== "native") throw new Error("these device keys belong to the other implementation");
  return keys;
}

function nativeCurves(): Curves {
  const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const raw = async (key: CryptoKey): Promise<Bytes> => new Uint8Array(await crypto.subtle.exportKey("raw", key));
  return {
    mode: "native",
    suite,
    async generate() {
      const ds = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
      const dk = (await crypto.subtle.generateKey("X25519", false, ["deriveBits"])) as CryptoKeyPair;
      return { mode: "native", ds: ds.privateKey, dk, dsPub: await raw(ds.publicKey), dkPub: await raw(dk.publicKey) };
    },
    async sign(keys, _wrapping, data) {
      return new Uint8Array(await crypto.subtle.sign("Ed25519", nativeOf(keys).ds, data));
    },
    async verify(pub, sig, data) {
      try {
        const key = await crypto.subtle.importKey("raw", pub, "Ed25519", false, ["verify"]);
        return await crypto.subtle.verify("Ed25519", key, sig, data);
      } catch (error) {
        // A public key that is no point on the curve is an invalid signature, not a broken browser: that was tested at start.
        if (error instanceof DOMException && error.name === "DataError") return false;
        throw error;
      }
    },
    seal: (pub, info, plain) => hpkeSeal(suite, pub, info, plain),
    open: (keys, _wrapping, info, sealed) => hpkeOpen(suite, nativeOf(keys).dk, info, sealed),
  };
}

/** Whether this browser's WebCrypto makes both kinds of key (Chrome 137, Firefox 130, Safari 17). */
async function hasNativeCurves(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
    return true;
  } catch {
    return false; // engines differ in what they throw for a name they do not know; the other implementation is as good
  }
}

export type CurveChoice = "auto" | "native" | "noble";

export async function openCurves(choice: CurveChoice = "auto"): Promise<Curves> {
  const native = choice === "native" || (choice === "auto" && (await hasNativeCurves()));
  return native ? nativeCurves() : (await import("./curves_noble")).nobleCurves();
}
