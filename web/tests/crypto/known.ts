/** Devices with known private keys: only tests have them. */
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { type Bytes, b64, concat, lp, random, unb64, utf8 } from "../../src/crypto/bytes";
import type { Identity } from "../../src/crypto/certs";
import { type Curves, openCurves, type StoredKeys } from "../../src/crypto/curves";

export interface KnownKeys {
  device_id: string;
  ds: string;
  dk: string;
}

export interface KnownDevice extends Identity {
  curves: Curves;
  keys: StoredKeys;
  wrapping: CryptoKey;
  open: (sealed: Bytes, info: Bytes) => Promise<Bytes>;
}

const own = (raw: Uint8Array): Bytes => new Uint8Array(raw);
const PKCS8: Record<"Ed25519" | "X25519", string> = {
  Ed25519: "MC4CAQAwBQYDK2VwBCIEIA",
  X25519: "MC4CAQAwBQYDK2VuBCIEIA",
};

function importPrivate(name: "Ed25519" | "X25519", raw: Bytes, usage: KeyUsage): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", concat(unb64(PKCS8[name]), raw), name, false, [usage]);
}

export async function knownDevice(mode: "native" | "noble", known: KnownKeys): Promise<KnownDevice> {
  const [ds, dk] = [unb64(known.ds), unb64(known.dk)];
  const [dsPub, dkPub] = [own(ed25519.getPublicKey(ds)), own(x25519.getPublicKey(dk))];
  const wrapping = (await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"])) as CryptoKey;
  let keys: StoredKeys;
  if (mode === "native") {
    const publicKey = await crypto.subtle.importKey("raw", dkPub, "X25519", true, []);
    const pair = { privateKey: await importPrivate("X25519", dk, "deriveBits"), publicKey };
    keys = { mode, ds: await importPrivate("Ed25519", ds, "sign"), dk: pair, dsPub, dkPub };
  } else {
    const iv = random(12);
    const params = { name: "AES-GCM", iv, additionalData: lp(utf8("careroom/device-keys/v1"), dsPub, dkPub) };
    keys = { mode, iv, sealed: new Uint8Array(await crypto.subtle.encrypt(params, wrapping, concat(ds, dk))), dsPub, dkPub };
  }
  const curves = await openCurves(mode);
  return {
    curves, keys, wrapping, deviceId: known.device_id, dsPub: b64(dsPub), dkPub: b64(dkPub),
    sign: (data) => curves.sign(keys, wrapping, data),
    open: (sealed, info) => curves.open(keys, wrapping, info, sealed),
  };
}
