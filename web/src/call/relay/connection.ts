/**
 * The one RTCPeerConnection to the relay: our two tracks up, everybody's down. We always offer and the relay always answers.
 *
 * Tracks go up sealed or not at all, and what comes down has passed the opening worker or is shown to nobody.
 */
import { encodings, shape, SIZES } from "./sizes";
import { connectionExtras, type Sealing } from "./transforms";
import type { TrackKind } from "./keys";

/** What the relay is asked: our offer, and by mid whose track a recvonly line is for. */
export interface RelayOffer {
  session: string;
  sdp: string;
  wants: { mid: string; seat: string; kind: TrackKind }[];
}
export type Negotiate = (offer: RelayOffer) => Promise<{ sdp: string }>;

const KINDS: TrackKind[] = ["audio", "video"];
const CODEC = { audio: "opus", video: "vp8" } as const;
const CONNECT_MS = 15_000;

interface Heard {
  transceivers: Record<TrackKind, RTCRtpTransceiver>;
  stream: MediaStream;
}

export interface ConnectionEvents {
  connection(): void;
  error(error: unknown): void;
}

export class RelayConnection {
  readonly pc: RTCPeerConnection;
  readonly #own: Record<TrackKind, RTCRtpTransceiver>;
  readonly #heard = new Map<string, Heard>();
  #running: Promise<void> | null = null;
  #again = false;
  #closed = false;

  constructor(
    certificate: RTCCertificate,
    readonly session: string,
    readonly sealing: Sealing,
    readonly negotiate: Negotiate,
    readonly events: ConnectionEvents,
  ) {
    this.pc = new RTCPeerConnection({
      bundlePolicy: "max-bundle",
      rtcpMuxPolicy: "require",
      // The relay has a fixed address: nobody else is asked where we are.
      iceServers: [],
      certificates: [certificate],
      ...connectionExtras(),
    });
    this.pc.onconnectionstatechange = () => events.connection();
    const group = new MediaStream();
    this.#own = { audio: this.#up("audio", group), video: this.#up("video", group) };
  }

  #up(kind: TrackKind, group: MediaStream): RTCRtpTransceiver {
    const sizes = kind === "video" ? { sendEncodings: encodings() } : {};
    const transceiver = this.pc.addTransceiver(kind, { direction: "sendonly", streams: [group], ...sizes });
    this.sealing.attach(transceiver.sender, "seal", `own/${kind}`, CODEC[kind], kind === "video" ? SIZES : []);
    return transceiver;
  }

  get connected(): boolean {
    return this.pc.connectionState === "connected";
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Lines for one more seat. `id` names its keys in the worker. Takes effect with the next `update`. */
  hear(seat: string, id: string): MediaStream {
    const known = this.#heard.get(seat);
    if (known) return known.stream;
    const stream = new MediaStream();
    const down = (kind: TrackKind): RTCRtpTransceiver => {
      const transceiver = this.pc.addTransceiver(kind, { direction: "recvonly" });
      this.sealing.attach(transceiver.receiver, "open", `${id}/${kind}`, CODEC[kind]);
      if (this.sealing.guards(transceiver.receiver)) stream.addTrack(transceiver.receiver.track);
      return transceiver;
    };
    this.#heard.set(seat, { transceivers: { audio: down("audio"), video: down("video") }, stream });
    return stream;
  }

  /** This seat's lines end. */
  drop(seat: string): void {
    const heard = this.#heard.get(seat);
    this.#heard.delete(seat);
    if (heard && !this.#closed) for (const kind of KINDS) heard.transceivers[kind].stop();
  }

  /** Bring the relay up to date; one negotiation at a time, the last wish wins. Resolves when everything asked so far is in force. */
  update(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#offers().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #offers(): Promise<void> {
    do {
      this.#again = false;
      await this.pc.setLocalDescription();
      const wants = [...this.#heard].flatMap(([seat, { transceivers }]) =>
        KINDS.flatMap((kind) => (transceivers[kind].mid === null ? [] : [{ mid: transceivers[kind].mid, seat, kind }])),
      );
      const { sdp } = await this.negotiate({ session: this.session, sdp: this.pc.localDescription?.sdp ?? "", wants });
      if (this.#closed) return;
      await this.pc.setRemoteDescription({ type: "answer", sdp });
    } while (this.#again && !this.#closed);
  }

  /** New paths, same session. */
  async restart(): Promise<void> {
    this.pc.restartIce();
    await this.update();
  }

  /** Resolves when connected; rejects when it is closed or takes too long. */
  async settled(): Promise<void> {
    if (this.connected) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => done(), CONNECT_MS);
      const done = (): void => {
        clearTimeout(timer);
        this.pc.removeEventListener("connectionstatechange", look);
        if (this.connected) resolve();
        else reject(new Error("the relay could not be reached"));
      };
      const look = (): void => {
        if (this.connected || this.#closed || this.pc.connectionState === "failed") done();
      };
      this.pc.addEventListener("connectionstatechange", look);
    });
  }

  /** Our tracks, or null: from then on not one packet leaves. A sender whose frames are not sealed gets none, ever. */
  async send(tracks: Record<TrackKind, MediaStreamTrack | null>): Promise<void> {
    for (const kind of KINDS) {
      const { sender } = this.#own[kind];
      const track = this.sealing.guards(sender) ? tracks[kind] : null;
      if (sender.track !== track) await sender.replaceTrack(track);
    }
  }

  /** Whether several see our picture: then it goes up in two sizes. */
  async seen(several: boolean): Promise<void> {
    if (!this.#closed) await shape(this.#own.video.sender, several);
  }

  close(): void {
    this.#closed = true;
    this.pc.onconnectionstatechange = null;
    this.pc.close();
  }
}
