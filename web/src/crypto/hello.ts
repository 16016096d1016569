/** The signed hello of a call: which DTLS certificates really are this device's (docs/crp-1.md 6). */
import { b64, CrpError, random } from "./bytes";
import { type Directory, type Identity, signed, verifySig } from "./certs";
import type { Curves } from "./curves";
import { type Cert, type Hello, helloTbs, readHello, type Unsigned } from "./records";

export interface HelloWish {
  callId: string;
  fingerprints: string[];
  /** A fresh X25519 public key, its private half in memory at most; relayed calls seal frame keys to it. */
  ephKemPub: string;
  caps?: string[];
  now: number;
}

export async function makeHello(device: Identity, cert: Cert, wish: HelloWish): Promise<Hello> {
  const record: Unsigned<Hello> = {
    suite: 1, call_id: wish.callId, device_id: device.deviceId, cert_id: cert.cert_id, eph_kem_pub: wish.ephKemPub,
    dtls_fps: [...new Set(wish.fingerprints)].sort(), nonce: b64(random(32)), caps: [...(wish.caps ?? ["p2p"])].sort().join(","), at: wish.now,
  };
  return signed<Hello>(readHelloShape(record), helloTbs(record), device.sign);
}

/** Refuse to sign what others would refuse to read. */
function readHelloShape(record: Unsigned<Hello>): Unsigned<Hello> {
  readHello({ ...record, sig: b64(new Uint8Array(64)) });
  return record;
}

/** Throws CrpError unless `cert`'s device signed this hello for this call. */
export async function verifyHello(curves: Curves, hello: Hello, cert: Cert, callId: string): Promise<void> {
  if (hello.call_id !== callId || hello.device_id !== cert.device_id || hello.cert_id !== cert.cert_id) {
    throw new CrpError("misplaced", "this hello is for another call or device");
  }
  await verifySig(curves, cert.ds_pub, hello.sig, helloTbs(hello), "hello");
}

/** What a signed hello proves: the certificates of its sender, and the key that frame keys may be sealed to. */
export interface Proven {
  fingerprints: string[];
  ephKemPub: string;
}

/**
 * What a member's device signed for this call, or null: a stranger, an expired certificate or a broken hello proves
 * nothing. Null never stops a call; only signed values that differ from the live ones do.
 */
export async function provenHello(
  directory: Directory, members: ReadonlySet<string>, callId: string, data: unknown, now: number,
): Promise<Proven | null> {
  try {
    const hello = readHello(data);
    const cert = directory.valid(hello.device_id, now);
    if (!cert || !members.has(hello.device_id)) return null;
    // The sender may have signed under an older certificate of the same keys: the id names it, the key decides.
    await verifyHello(directory.curves, hello, { ...cert, cert_id: hello.cert_id }, callId);
    return { fingerprints: hello.dtls_fps, ephKemPub: hello.eph_kem_pub };
  } catch (error) {
    if (error instanceof CrpError) return null;
    throw error;
  }
}
