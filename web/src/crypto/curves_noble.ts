/** The curves in plain JavaScript, for browsers whose WebCrypto lacks them. Loaded only there. */
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { type Bytes, concat, lp, random, utf8 } from "./bytes";
import { type Curves, hpkeOpen, hpkeSeal, type StoredKeys } from "./curves";

const own = (raw: Uint8Array): Bytes => new Uint8Array(raw);
const AAD = "careroom/device-keys/v1";

export function nobleCurves(): Curves {
  const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

  /** The private bytes exist only while `use` runs. */
  async function withSecret<T>(keys: StoredKeys, wrapping: CryptoKey, use: (ds: Bytes, dk: Bytes) => Promise<T>): Promise<T> {
    if (keys.mode !== "noble") throw new Error("these device keys belong to the other implementation");
    const params = { name: "AES-GCM", iv: keys.iv, additionalData: lp(utf8(AAD), keys.dsPub, keys.dkPub) };
    const both = new Uint8Array(await crypto.subtle.decrypt(params, wrapping, keys.sealed));
    try {
      return await use(both.slice(0, 32), both.slice(32));
    } finally {
      both.fill(0);
    }
  }

  return {
    mode: "noble",
    suite,
    async generate(wrapping) {
      const [ds, dk] = [random(32), random(32)];
      const [dsPub, dkPub] = [own(ed25519.getPublicKey(ds)), own(x25519.getPublicKey(dk))];
      const iv = random(12);
      const params = { name: "AES-GCM", iv, additionalData: lp(utf8(AAD), dsPub, dkPub) };
      const sealed = new Uint8Array(await crypto.subtle.encrypt(params, wrapping, concat(ds, dk)));
      ds.fill(0);
      dk.fill(0);
      return { mode: "noble", iv, sealed, dsPub, dkPub };
    },
    sign: (keys, wrapping, data) => withSecret(keys, wrapping, async (ds) => own(ed25519.sign(data, ds))),
    async verify(pub, sig, data) {
      if (pub.length !== 32 || sig.length !== 64) return false;
      return ed25519.verify(sig, data, pub, { zip215: false });
    },
    seal: (pub, info, plain) => hpkeSeal(suite, pub, info, plain),
    open: (keys, wrapping, info, sealed) =>
      withSecret(keys, wrapping, async (_ds, dk) => {
        const privateKey = await suite.kem.deserializePrivateKey(dk);
        return hpkeOpen(suite, { privateKey, publicKey: await suite.kem.deserializePublicKey(keys.dkPub) }, info, sealed);
      }),
  };
}
