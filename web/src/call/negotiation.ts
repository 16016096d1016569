/**
 * One RTCPeerConnection and the offers and answers about it: perfect negotiation as in W3C webrtc-pc section 10.7.
 *
 * Each side adds two sendonly transceivers of its own; the other side's come in as recvonly ones. The polite side lets the
 * impolite one offer first, so that the usual start has no collision; any later one is resolved by the pattern.
 */

export interface NegotiationEvents {
  description(description: RTCSessionDescription): void;
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

  /** Find new paths, keep the session. */
  restartIce(configuration: RTCConfiguration): void {
    this.pc.setConfiguration({ ...this.pc.getConfiguration(), ...configuration });
    this.pc.restartIce();
    this.repeat();
  }

  async describe(description: RTCSessionDescriptionInit): Promise<void> {
    const stable = this.pc.signalingState === "stable" || this.#settingAnswer;
    const collision = description.type === "offer" && (this.#makingOffer || !stable);
    this.#ignoreOffer = !this.#polite && collision;
    if (this.#ignoreOffer) return;
    // An offer said twice is answered twice; the second answer has nothing left to answer.
    if (description.type === "answer" && this.pc.signalingState !== "have-local-offer") return;
    this.#settingAnswer = description.type === "answer";
    try {
      await this.pc.setRemoteDescription(description);
    } finally {
      this.#settingAnswer = false;
    }
    if (description.type === "offer") await this.#answer();
  }

  async candidate(candidate: RTCIceCandidateInit | null): Promise<void> {
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

  async #answer(): Promise<void> {
    for (const transceiver of this.pc.getTransceivers()) {
      if (transceiver !== this.video && transceiver.receiver.track.kind === "video") preferVp8(transceiver);
    }
    await this.pc.setLocalDescription();
    if (this.pc.localDescription) this.#events.description(this.pc.localDescription);
    if (this.#needed) this.#onNeeded();
  }
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
