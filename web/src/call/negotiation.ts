/**
 * One RTCPeerConnection and the offers and answers about it: perfect negotiation as in W3C webrtc-pc section 10.7.
 *
 * Each side adds two sendonly transceivers of its own; the other side's come in as recvonly ones. The polite side lets the
 * impolite one offer first, so that the usual start has no collision; any later one is resolved by the pattern.
 */

export interface NegotiationEvents {
  /** `answers`: which offer this answers, by its mark. */
  description(description: RTCSessionDescription, answers?: string): void;
  candidate(candidate: RTCIceCandidate | null): void;
  track(track: MediaStreamTrack): void;
  /** The connection's state changed; read it from `pc.connectionState`. */
  connection(): void;
  error(error: unknown): void;
}

export class Negotiation {
  readonly pc: RTCPeerConnection;
  readonly audio: RTCRtpTransceiver;
  readonly video: RTCRtpTransceiver;
  readonly #polite: boolean;
  readonly #events: NegotiationEvents;
  #open = false;
  #needed = false;
  #makingOffer = false;
  #ignoreOffer = false;
  #settingAnswer = false;
  /** The mark of the newest offer that we answered. */
  #answered: string | null = null;

  constructor(configuration: RTCConfiguration, polite: boolean, events: NegotiationEvents) {
    this.#polite = polite;
    this.#events = events;
    this.pc = new RTCPeerConnection({
      bundlePolicy: "max-bundle",
      rtcpMuxPolicy: "require",
      iceCandidatePoolSize: 1,
      ...configuration,
      // Without an explicit list some stacks ask a third party's STUN server where they are.
      iceServers: configuration.iceServers ?? [],
    });
    this.pc.onnegotiationneeded = () => this.#onNeeded();
    this.pc.onicecandidate = (event) => events.candidate(event.candidate);
    this.pc.onconnectionstatechange = () => events.connection();
    this.pc.ontrack = (event) => events.track(event.track);
    const group = new MediaStream();
    this.audio = this.pc.addTransceiver("audio", { direction: "sendonly", streams: [group] });
    this.video = this.pc.addTransceiver("video", { direction: "sendonly", streams: [group] });
    preferVp8(this.video);
  }

  /** Has a description of some peer been applied? Such a connection can never serve another peer. */
  get used(): boolean {
    return this.pc.remoteDescription !== null;
  }

  get connected(): boolean {
    return this.pc.connectionState === "connected";
  }

  /** There is somebody to talk to: begin, or say again what the former listener may have missed. */
  open(): void {
    const first = !this.#open;
    this.#open = true;
    if (first && this.#needed) this.#onNeeded();
    else this.repeat();
  }

  /** Send an unanswered offer again; its candidates so far are inside it. */
  repeat(): void {
    const description = this.pc.localDescription;
    if (this.pc.signalingState === "have-local-offer" && description) this.#events.description(description);
  }

  /** Find new paths, keep the session. `theirs`: the other side is asked to offer; our answer brings our new paths. */
  restartIce(configuration: RTCConfiguration, theirs = false): void {
    this.pc.setConfiguration({ ...this.pc.getConfiguration(), ...configuration });
    if (!theirs) this.pc.restartIce();
    this.repeat();
  }

  /** Frames are said again when one may be lost, so any may come twice or late: each offer is answered, each answer taken, once. */
  async describe(description: RTCSessionDescriptionInit, answers?: string): Promise<void> {
    if (description.type === "offer" && markOf(description) === this.#answered) return this.#answerAgain();
    if (description.type === "answer" && answers !== undefined && answers !== markOf(this.pc.localDescription)) return;
    const stable = this.pc.signalingState === "stable" || this.#settingAnswer;
    const collision = description.type === "offer" && (this.#makingOffer || !stable);
    this.#ignoreOffer = !this.#polite && collision;
    if (this.#ignoreOffer) return;
    if (description.type === "answer" && this.pc.signalingState !== "have-local-offer") return;
    this.#settingAnswer = description.type === "answer";
    try {
      await this.pc.setRemoteDescription(description);
    } finally {
      this.#settingAnswer = false;
    }
    if (description.type === "offer") await this.#answer(markOf(description));
  }

  /** Late candidates of an earlier description, or of one that was never applied, fit nothing here. */
  async candidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    const ufrag = candidate?.usernameFragment;
    if (ufrag && !ufragsOf(this.pc.remoteDescription).includes(ufrag)) return;
    try {
      await this.pc.addIceCandidate(candidate ?? undefined);
    } catch (error) {
      // Candidates of an offer we ignored fit nothing here.
      if (!this.#ignoreOffer) throw error;
    }
  }

  close(): void {
    this.pc.onnegotiationneeded = null;
    this.pc.onicecandidate = null;
    this.pc.onconnectionstatechange = null;
    this.pc.ontrack = null;
    this.pc.close();
  }

  #onNeeded(): void {
    this.#needed = true;
    if (!this.#open || (this.#polite && !this.used)) return;
    this.#needed = false;
    this.#offer().catch((error: unknown) => this.#events.error(error));
  }

  async #offer(): Promise<void> {
    this.#makingOffer = true;
    try {
      await this.pc.setLocalDescription();
      if (this.pc.localDescription) this.#events.description(this.pc.localDescription);
    } finally {
      this.#makingOffer = false;
    }
  }

  /** `answers`: the offer's mark as they wrote it; browsers write it anew in `remoteDescription`. */
  async #answer(answers: string): Promise<void> {
    for (const transceiver of this.pc.getTransceivers()) {
      if (transceiver !== this.video && transceiver.receiver.track.kind === "video") preferVp8(transceiver);
    }
    await this.pc.setLocalDescription();
    this.#answered = answers;
    if (this.pc.localDescription) this.#events.description(this.pc.localDescription, answers);
    if (this.#needed) this.#onNeeded();
  }

  /** They are still waiting for our answer, and have then put our own offer aside. */
  #answerAgain(): void {
    const answer = this.pc.currentLocalDescription;
    if (answer?.type === "answer" && this.#answered !== null) this.#events.description(answer, this.#answered);
    this.repeat();
  }
}

/** ICE user names of a description (RFC 8839 5.4). */
function ufragsOf(description: RTCSessionDescriptionInit | null): string[] {
  return [...(description?.sdp ?? "").matchAll(/^a=ice-ufrag:(.*?)\s*$/gm)].map((found) => found[1] ?? "");
}

/** What tells one offer from the next, whatever candidates it has gathered: origin line (RFC 8866 5.2) and ICE user names (RFC 8839 5.4). */
function markOf(description: RTCSessionDescriptionInit | null): string {
  return [...(description?.sdp ?? "").matchAll(/^(?:o=|a=ice-ufrag:)(.*?)\s*$/gm)].map((found) => found[1]).join(" ");
}

/**
 * VP8 first: every browser has it and it survives frame encryption. Asked for only where it is not first already (Safari):
 * Firefox 153 mixes the payload types of both sides in later offers once preferences are set, and Chromium refuses those.
 */
function preferVp8(transceiver: RTCRtpTransceiver): void {
  const known = RTCRtpReceiver.getCapabilities?.("video")?.codecs ?? [];
  const isVp8 = (codec: { mimeType: string }): boolean => codec.mimeType.toLowerCase() === "video/vp8";
  if (!known.some(isVp8) || known.findIndex(isVp8) === 0) return;
  transceiver.setCodecPreferences([...known.filter(isVp8), ...known.filter((codec) => !isVp8(codec))]);
}
