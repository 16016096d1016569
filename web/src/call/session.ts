/**
 * One meeting of two pages: our session id, theirs, the connection between them and what is proven about it.
 *
 * A page that reloads comes back with a new session id; the connection made with the old one is then thrown away, never patched.
 */
import { newSid } from "./frames";
import { Negotiation, type NegotiationEvents } from "./negotiation";
import { PeerProof, type Verdict } from "./security";

export class Session {
  readonly sid = newSid();
  readonly negotiation: Negotiation;
  readonly proof = new PeerProof();
  /** The other side's tracks. Handed to nobody before there is a verdict. */
  readonly stream = new MediaStream();
  peerSid: string | null = null;
  peerSeat: string | null = null;
  verdict: Verdict | null = null;
  /** A check is under way; another one is wanted after it. */
  #checking = false;
  #again = false;
  #closed = false;
  readonly #attached: Record<"audio" | "video", MediaStreamTrack | null | undefined> = { audio: null, video: null };

  constructor(configuration: RTCConfiguration, polite: boolean, events: Omit<NegotiationEvents, "track">) {
    this.negotiation = new Negotiation(configuration, polite, {
      ...events,
      track: (track) => this.stream.addTrack(track),
    });
  }

  get paired(): boolean {
    return this.peerSid !== null;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Connected, and judged: media may flow. */
  get usable(): boolean {
    return this.negotiation.connected && this.verdict !== null && this.verdict !== "mismatch";
  }

  pair(seat: string, sid: string): void {
    this.peerSeat = seat;
    this.peerSid = sid;
  }

  /** Judge the connection as it is now and call `done`; one at a time, the last wish wins. */
  async check(done: () => void): Promise<void> {
    if (this.#checking) {
      this.#again = true;
      return;
    }
    this.#checking = true;
    try {
      do {
        this.#again = false;
        await this.proof.settled();
        if (!this.#closed && this.negotiation.connected) this.verdict = await this.proof.verdict(this.negotiation.pc);
      } while (this.#again);
    } finally {
      this.#checking = false;
    }
    if (!this.#closed) done();
  }

  /** Do signed fingerprints cover this connection as it is now? */
  async covered(signed: string[]): Promise<boolean> {
    return this.negotiation.connected && this.proof.covered(this.negotiation.pc, signed);
  }

  /** Attach our tracks, or with null take them off: from then on not one packet of media leaves. */
  async send(audio: MediaStreamTrack | null, video: MediaStreamTrack | null): Promise<void> {
    await Promise.all([this.#attach("audio", audio), this.#attach("video", video)]);
  }

  /** What is on already is left alone. `sender.track` does not tell: it is of before what is still under way. */
  async #attach(kind: "audio" | "video", track: MediaStreamTrack | null): Promise<void> {
    if (this.#attached[kind] === track) return;
    this.#attached[kind] = track;
    try {
      await this.negotiation[kind].sender.replaceTrack(track);
    } catch (error) {
      this.#attached[kind] = undefined;
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    for (const track of this.stream.getTracks()) track.stop();
    this.negotiation.close();
  }
}
