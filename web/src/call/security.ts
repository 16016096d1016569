/**
 * Who is really at the other end: the signed hello against the certificate in use.
 *
 * One rule decides everything here: only a *mismatch* stops a call. Anything that is merely missing (no keys, a certificate nobody
 * knows, an old signature, a key service that does not answer) leaves the call unconfirmed and running.
 */
import type { Proven } from "../crypto/hello";
import { liveFingerprint, sdpFingerprints } from "./fingerprints";

/** What the crypto side offers a call. Implemented over CRP-1 section 6 by `crypto/hello.ts`. */
export interface CallIdentity {
  /** A signed hello for these fingerprints, as JSON; null when this device has no usable certificate. `ephKemPub`: of a relayed call. */
  sign(callId: string, fingerprints: string[], ephKemPub?: string): Promise<unknown>;
  /** What the other device signed for this call; null when the signature chain cannot be followed. */
  verify(callId: string, hello: unknown, seat?: string): Promise<Proven | null>;
  /** What binds its maker to a hello before showing it. Throws on what is no hello. */
  commitment(hello: unknown): Promise<string>;
  /** Four numbers from 0 to 63 out of both sides' hellos. */
  pictures(callId: string, initiator: unknown, responder: unknown): Promise<number[]>;
}

export type Verdict = "verified" | "unconfirmed" | "mismatch";

/** How long a verdict waits for the key state before the call goes on unconfirmed, in ms. */
export const PATIENCE_MS = 3000;

/**
 * The fingerprints of one peer session: signed, described, live.
 *
 * `signed` is null until a hello with a good signature came (it may come late), then a list.
 */
export class PeerProof {
  #signed: string[] | null = null;
  #settled: Promise<void> = Promise.resolve();

  /** Follow a hello's signature. A good one is never forgotten for a later hello without: that would be a way to peel it off. */
  claim(identity: Pick<CallIdentity, "verify"> | null, callId: string, hello: unknown, report: (error: unknown) => void): Promise<void> {
    this.#settled = this.#follow(identity, callId, hello)
      .then((signed) => {
        if (signed !== null) this.#signed = signed;
      })
      .catch(report);
    return this.#settled;
  }

  async #follow(identity: Pick<CallIdentity, "verify"> | null, callId: string, hello: unknown): Promise<string[] | null> {
    if (identity === null || hello === null || hello === undefined) return null;
    return (await identity.verify(callId, hello))?.fingerprints ?? null;
  }

  /** Resolves when the newest hello is judged, or after PATIENCE_MS. */
  async settled(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([this.#settled, patience]);
    clearTimeout(timer);
  }

  /** False when a signature is known and the description names a certificate outside it. Asked before a description is applied. */
  allows(sdp: string): boolean {
    return this.#judge(sdpFingerprints(sdp), null) !== "mismatch";
  }

  /** Do signed fingerprints cover everything that this connection names and uses? */
  async covered(pc: RTCPeerConnection, signed: string[]): Promise<boolean> {
    return judge(signed, sdpFingerprints(pc.remoteDescription?.sdp ?? ""), await liveFingerprint(pc)) === "verified";
  }

  /** The verdict over a connection that is up. */
  async verdict(pc: RTCPeerConnection): Promise<Verdict> {
    const described = sdpFingerprints(pc.remoteDescription?.sdp ?? "");
    return this.#judge(described, await liveFingerprint(pc));
  }

  #judge(described: string[], live: string | null): Verdict {
    return judge(this.#signed, described, live);
  }
}

/**
 * Compare. Every described certificate must be signed for, not just one: a browser accepts any certificate the description names.
 * `live` is null where the browser does not tell (Firefox); it has then itself held the certificate against `described`.
 */
export function judge(signed: string[] | null, described: string[], live: string | null): Verdict {
  if (signed === null) return "unconfirmed";
  const inUse = live === null ? described : [...described, live];
  if (inUse.length === 0) return "unconfirmed";
  return inUse.every((fingerprint) => signed.includes(fingerprint)) ? "verified" : "mismatch";
}
