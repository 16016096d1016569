/** The short authentication string of a call: four pictures from both signed hellos (docs/crp-1.md 6.1). */
import { b64, type Bytes, concat, hkdf, lp, sha256, unb64, utf8 } from "./bytes";
import { type Hello, helloTbs, readHello } from "./records";

export const PICTURES = 4;
const BITS = 6;

function helloBytes(hello: Hello): Bytes {
  return lp(helloTbs(hello), unb64(hello.sig));
}

/** What the initiator says before it shows its hello. Throws CrpError on anything that is no hello. */
export async function commitmentTo(hello: unknown): Promise<string> {
  return b64(await sha256(lp(utf8("careroom/sas-commit/v1"), helloBytes(readHello(hello)))));
}

/** Four numbers from 0 to 63: 24 bits that both ends share exactly when they saw the same two hellos. */
export async function picturesOf(callId: string, rootPub: string, initiator: unknown, responder: unknown): Promise<number[]> {
  const [first, second] = [readHello(initiator), readHello(responder)];
  const ikm = concat(await sha256(helloBytes(first)), await sha256(helloBytes(second)));
  const raw = await hkdf(ikm, lp(utf8("careroom/sas/v1"), unb64(callId), unb64(rootPub)), (PICTURES * BITS) / 8);
  const bits = raw.reduce((all, byte) => (all << 8) | byte, 0);
  return Array.from({ length: PICTURES }, (_, i) => (bits >>> (BITS * (PICTURES - 1 - i))) & 63);
}
