/**
 * A two-person call over the visit's own signalling: prepared while waiting, silent until `start`, checked before it shows anybody.
 *
 * `prepare` connects with no media at all; `start` attaches the tracks. Neither the other side's picture nor our own tracks move
 * before the connection's certificate has been held against the signed hello (CRP-1 section 6). See docs/call-frames.md.
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import { Comparison } from "./compare";
import { ownFingerprints } from "./fingerprints";
import { parseFrame, sendsOf, type DescriptionFrame, type Frame, type HelloFrame } from "./frames";
import { OwnMedia } from "./media";
import { Mending } from "./mending";
import type { CallOptions, CallState, PeerMedia, Security } from "./options";
import type { Quality } from "./quality";
import { Backoff } from "./retry";
import { PATIENCE_MS, type CallIdentity } from "./security";
import { Session } from "./session";
import { readStats, type CallStats } from "./stats";
import { Watch } from "./watch";
import { Ways } from "./ways";

const CONNECT_MS = 5_000;
const HELLO_MS = 2_000;
/** TURN that has given no candidate by now has refused our credentials, and tells the page nothing about it. */
const RELAY_MS = 3_000;
const LONGEST_MS = 30_000;

export class Call {
  readonly #options: CallOptions;
  readonly #state = signal<CallState>("idle");
  readonly #remote = signal<MediaStream | null>(null);
  readonly #security = signal<Security>("unchecked");
  readonly #peer = signal<PeerMedia | null>(null);
  readonly #left = signal(false);
  readonly #own: OwnMedia;
  readonly #ways: Ways;
  readonly #connect = new Backoff(CONNECT_MS, LONGEST_MS);
  readonly #greeting = new Backoff(HELLO_MS, LONGEST_MS);
  readonly #relay = new Backoff(RELAY_MS, LONGEST_MS);
  readonly #mending = new Mending(
    (fresh) => this.#session && !this.#over && this.#search(this.#session, fresh),
    () => this.#session?.negotiation.connected ?? false,
  );
  readonly #watch = new Watch({
    pc: () => (this.#session?.usable && !this.#over ? this.#session.negotiation.pc : null),
    expected: () => this.#peer.value?.started === true && (this.#peer.value.audio || this.#peer.value.video),
    silent: () => this.restart(),
    report: (error) => this.#report(error),
  });
  /** "Do we see the same four pictures?" */
  readonly comparison: Comparison;
  readonly #online = (): void => this.restart();
  #identity: CallIdentity | null;
  #certificate: RTCCertificate | null = null;
  #hold = false;
  #paused = false;
  #hello: unknown = null;
  #heard: HelloFrame | null = null;
  #session: Session | null = null;
  #queue: Promise<void> = Promise.resolve();
  #wasConnected = false;

  constructor(options: CallOptions) {
    this.#options = options;
    this.#ways = new Ways(options);
    this.#identity = options.identity ?? null;
    this.comparison = new Comparison({
      callId: this.callId,
      initiator: !options.polite,
      identity: () => this.#identity,
      ownFingerprints: () => (this.#certificate ? ownFingerprints(this.#certificate) : Promise.resolve([])),
      covers: (signed) => this.#session?.covered(signed) ?? Promise.resolve(false),
      say: (step) => this.#session && this.#say(this.#session, { kind: "compare", ...step }),
    });
    this.#own = options.own ?? new OwnMedia();
  }

  get state(): ReadonlySignal<CallState> {
    return this.#state;
  }

  /** The other side's stream; null until the connection is up and judged, and for ever when it is blocked. */
  get remote(): ReadonlySignal<MediaStream | null> {
    return this.#remote;
  }

  get security(): ReadonlySignal<Security> {
    return this.#security;
  }

  /** null while nobody is at the other end. */
  get peer(): ReadonlySignal<PeerMedia | null> {
    return this.#peer;
  }

  /** They said goodbye and have not been heard of since. */
  get left(): ReadonlySignal<boolean> {
    return this.#left;
  }

  get quality(): ReadonlySignal<Quality> {
    return this.#watch.quality;
  }

  /** True while `start` waits for a touch because the page was hidden. */
  get held(): ReadonlySignal<boolean> {
    return this.#own.held;
  }

  get pc(): RTCPeerConnection | null {
    return this.#over ? null : (this.#session?.negotiation.pc ?? null);
  }

  get callId(): string {
    return this.#options.topic.split(":")[1] as string;
  }

  /** Connect ICE and DTLS with whoever is there, now or later; no media. Resolves when the hello is out. */
  async prepare(): Promise<void> {
    if (this.#state.value !== "idle") return;
    this.#state.value = "preparing";
    this.#certificate = await RTCPeerConnection.generateCertificate({ name: "ECDSA", namedCurve: "P-256" } as EcKeyGenParams);
    if (this.#over) return;
    addEventListener("online", this.#online);
    this.#watch.start();
    this.#open();
    await this.#sign();
  }

  /** Admitted: attach these tracks (null: only listen). Again with another stream: replace them. */
  async start(stream: MediaStream | null): Promise<void> {
    if (this.#over) return;
    if (this.#state.peek() === "idle") await this.prepare(); // prepared, the tracks are on before this returns: nothing is drawn first
    this.#own.stream = stream;
    this.#own.apply();
    const hidden = document.visibilityState === "hidden";
    const first = !this.#own.started;
    if (first && this.#options.holdWhileHidden && hidden) this.#own.hold(() => void this.#deliver());
    this.#own.started = true;
    await this.#deliver();
    if (first) await this.#renew(); // let in: the shortest way may be allowed now
  }

  /** A touch the page itself noticed: ends a hold. */
  touched(): void {
    this.#own.release(() => void this.#deliver());
  }

  /** While the tracks go another way this connection stays, and nothing leaves on it. */
  async setPaused(paused: boolean): Promise<void> {
    this.#paused = paused;
    await this.#deliver();
  }

  /** "Give me a minute": the other side is told, so that nobody wonders. A start ends it. */
  setHold(hold: boolean): void {
    this.#hold = hold;
    this.tell();
  }

  /** The network or the socket came back: look for new paths, keep the session. */
  restart(): void {
    const session = this.#session;
    if (!session || this.#over) return;
    if (!session.paired) return this.#greet();
    this.#greet(session.peerSeat ?? undefined);
    this.#mend(session);
    if (!session.negotiation.connected) this.#connect.arm(() => this.#rebuild());
  }

  /** New paths for the same session. The impolite side offers them: restarts that meet cost Firefox its path. */
  #mend(session: Session, fresh = false): void {
    if (!this.#mending.wish(fresh)) session.negotiation.repeat();
  }

  #search(session: Session, fresh: boolean): void {
    const asks = this.#options.polite && session.negotiation.used;
    session.negotiation.restartIce(this.#ways.configuration, asks);
    if (asks) this.#say(session, { kind: "restart", fresh });
  }

  /** A frame of type `call` arrived from a seat. */
  onFrame(from: string, d: unknown): void {
    this.#queue = this.#queue.then(() => this.#handle(from, d)).catch((error: unknown) => this.#report(error));
  }

  /** A seat's connection opened or came back: make ourselves known to it. What was said before it listened is said again. */
  onPresent(seat: string): void {
    const session = this.#session;
    if (!session || this.#over || seat === this.#options.seat) return;
    this.#greet(seat);
    if (seat === session.peerSeat && !session.negotiation.connected) this.#mend(session);
  }

  /** Our own connection to the live channel is a new one: what came meanwhile was lost. An unanswered offer asks for its answer. */
  heardAgain(): void {
    if (!this.#session || this.#over) return;
    this.#greet(this.#session.peerSeat ?? undefined);
    this.#session.negotiation.repeat();
  }

  /** The device's keys came, or the key state changed: sign and verify again. */
  async identityChanged(identity: CallIdentity | null): Promise<void> {
    this.#identity = identity;
    const session = this.#session;
    if (!session || this.#over) return;
    if (this.#heard && this.#heard.sid === session.peerSid) this.#follow(session, this.#heard.hello);
    await this.#sign();
  }

  /** Ways that were closed before are looked for at once; media goes on meanwhile. */
  async #renew(): Promise<void> {
    try {
      const changed = await this.#ways.renew();
      const session = this.#session;
      if (!session?.paired || this.#over) return;
      if (changed || this.#ways.lacksRelay(session.negotiation.pc)) this.#mend(session, true);
    } catch (error) {
      this.#report(error);
    }
  }

  /** Three seconds after a description left: without a relay candidate the credentials are asked for anew. */
  #watchRelay(session: Session): void {
    if (!this.#ways.hasTurn) return;
    this.#relay.arm(() => {
      if (session === this.#session && !this.#over && this.#ways.lacksRelay(session.negotiation.pc)) void this.#renew();
    });
  }

  /** The two people see different pictures: somebody is in between. */
  differ(): void {
    if (!this.#over) this.#block("seen");
  }

  /** null while there is no connection to ask. */
  async sampleStats(): Promise<CallStats | null> {
    return this.#session && !this.#over ? readStats(this.#session.negotiation.pc) : null;
  }

  /** Leave. Our tracks stay the page's: it opened them, it stops them. */
  close(): void {
    if (this.#state.value === "ended") return;
    if (this.#session && this.#state.value !== "blocked") this.#bye("left");
    this.#stop("ended");
  }

  get #over(): boolean {
    return this.#state.value === "blocked" || this.#state.value === "ended";
  }

  #report(error: unknown): void {
    if (this.#options.report) this.#options.report(error);
    else console.error("call:", error);
  }

  /** A new session in place of the old one, with the same certificate: what we signed stays true. */
  #open(): Session {
    this.#session?.close();
    this.#connect.stop();
    this.#mending.stop();
    this.#relay.stop();
    this.#remote.value = null;
    this.#security.value = "unchecked";
    this.#peer.value = null;
    this.#watch.forget();
    this.comparison.reset();
    const certificates = this.#certificate ? [this.#certificate] : [];
    const session: Session = new Session({ ...this.#ways.configuration, certificates }, this.#options.polite, {
      description: ({ type, sdp }, answers) => {
        if (type !== "offer" && type !== "answer") return;
        this.#say(session, { kind: "description", description: { type, sdp }, ...(answers === undefined ? {} : { answers }) });
        this.#watchRelay(session);
      },
      candidate: (candidate) => this.#say(session, { kind: "candidate", candidate: candidate?.toJSON() ?? null }),
      connection: () => this.#onConnection(session),
      error: (error) => this.#report(error),
    });
    this.#session = session;
    this.#refresh();
    return session;
  }

  #rebuild(): void {
    this.#ways.alternate();
    this.#open();
    this.#greet();
    this.#options.stuck?.();
  }

  /** Sign our fingerprints and say hello; a signature that takes too long follows in a second hello. */
  async #sign(): Promise<void> {
    const signing = this.#signed().then((hello) => {
      this.#hello = hello;
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), PATIENCE_MS);
    });
    const late = (await Promise.race([signing, patience])) === "late";
    clearTimeout(timer);
    if (late) signing.then(() => this.#greet(), (error: unknown) => this.#report(error));
    this.#greet();
  }

  async #signed(): Promise<unknown> {
    try {
      if (!this.#identity || !this.#certificate) return null;
      return await this.#identity.sign(this.callId, await ownFingerprints(this.#certificate));
    } catch (error) {
      this.#report(error);
      return null;
    }
  }

  #greet(to?: string): void {
    const session = this.#session;
    if (!session || this.#over) return;
    this.#options.send({ kind: "hello", sid: session.sid, to: session.peerSid, hello: this.#hello }, to);
    if (!session.paired) this.#greeting.arm(() => this.#greet());
  }

  /** Send what only makes sense inside this session. */
  #say(session: Session, frame: Said): void {
    if (session !== this.#session || session.peerSid === null || this.#over) return;
    this.#options.send({ ...frame, sid: session.sid, to: session.peerSid } as Frame, session.peerSeat ?? undefined);
  }

  /** Say what we send now. */
  tell(): void {
    if (!this.#session) return;
    const { sends } = this.#own;
    this.#say(this.#session, { kind: "state", ...sends, hold: this.#hold && !sends.started });
  }

  #bye(reason: "left" | "blocked"): void {
    const session = this.#session;
    if (session) this.#options.send({ kind: "bye", sid: session.sid, to: session.peerSid, reason }, session.peerSeat ?? undefined);
  }

  async #handle(from: string, d: unknown): Promise<void> {
    const frame = parseFrame(d);
    if (!frame || !this.#session || this.#over || from === this.#options.seat) return;
    if (frame.kind === "hello") return this.#onHello(from, frame);
    const session = this.#session;
    // What was said to or by an earlier session has no meaning in this one.
    if (frame.sid !== session.peerSid || (frame.to !== null && frame.to !== session.sid)) return;
    switch (frame.kind) {
      case "description":
        return this.#onDescription(session, frame);
      case "candidate":
        return session.negotiation.candidate(frame.candidate);
      case "state":
        this.#peer.value = sendsOf(frame);
        return;
      case "restart":
        return this.#mend(session, frame.fresh);
      case "compare":
        return this.comparison.heard(frame);
      case "bye":
        if (frame.reason === "blocked") return this.#block("told");
        this.#left.value = true;
        this.#open();
        this.#greeting.arm(() => this.#greet());
    }
  }

  #onHello(from: string, frame: HelloFrame): void {
    let session = this.#session as Session;
    const known = session.peerSid === frame.sid;
    if (!known && session.negotiation.used) session = this.#open();
    if (!known) session.pair(from, frame.sid);
    this.#heard = frame;
    this.#left.value = false;
    this.#greeting.reset();
    this.#follow(session, frame.hello);
    if (frame.to !== session.sid) this.#greet(from);
    this.tell();
    if (known) return;
    this.#connect.arm(() => this.#rebuild());
    session.negotiation.open();
  }

  #follow(session: Session, hello: unknown): void {
    const report = (error: unknown): void => this.#report(error);
    void session.proof.claim(this.#identity, this.callId, hello, report).then(() => this.#examine(session));
  }

  async #onDescription(session: Session, { description, answers }: DescriptionFrame): Promise<void> {
    if (!session.proof.allows(description.sdp ?? "")) return this.#block("seen");
    await session.negotiation.describe(description, answers);
    this.#examine(session);
  }

  /** Something that the verdict rests on has changed. */
  #examine(session: Session): void {
    if (session !== this.#session || this.#over) return;
    const sdp = session.negotiation.pc.remoteDescription?.sdp;
    if (sdp && !session.proof.allows(sdp)) return this.#block("seen");
    if (!session.negotiation.connected) return;
    session.check(() => this.#judged(session)).catch((error: unknown) => this.#report(error));
  }

  #judged(session: Session): void {
    if (session !== this.#session || this.#over || session.verdict === null) return;
    if (session.verdict === "mismatch") return this.#block("seen");
    this.#security.value = session.verdict;
    void this.#deliver();
  }

  #onConnection(session: Session): void {
    if (session !== this.#session || this.#over) return;
    const state = session.negotiation.pc.connectionState;
    if (state === "connected") {
      this.#connect.reset();
      this.#ways.connected();
      this.#examine(session);
    } else {
      if (state === "disconnected" || state === "failed") this.restart();
      // A browser may stay "connecting" for ever: whatever is not connected is made anew in time.
      if (session.paired) this.#connect.arm(() => this.#rebuild());
    }
    this.#refresh();
  }

  /** Attach our tracks if everything allows it; never before the verdict. */
  async #deliver(): Promise<void> {
    const session = this.#session;
    if (!session || this.#over) return;
    if (session.usable && this.#own.open) {
      try {
        if (this.#paused) await session.send(null, null);
        else await session.send(this.#own.audio, this.#own.video);
      } catch (error) {
        // A session replaced meanwhile has no senders; its successor delivers for itself.
        if (!session.closed) this.#report(error);
      }
    }
    this.tell();
    this.#refresh();
  }

  #refresh(): void {
    const session = this.#session;
    if (!session || this.#over || this.#state.value === "idle") return;
    if (session.usable) {
      this.#wasConnected = true;
      this.#remote.value = session.stream;
      this.#state.value = this.#own.open ? "live" : "prepared";
    } else {
      this.#state.value = this.#wasConnected ? "reconnecting" : "preparing";
    }
  }

  /** The certificates differ: show nothing, send nothing, and say why to the other side. Final for this page's call. */
  #block(how: "seen" | "told"): void {
    if (how === "seen") {
      this.#security.value = "mismatch";
      this.#bye("blocked");
    }
    this.#stop("blocked");
  }

  #stop(state: "blocked" | "ended"): void {
    this.#state.value = state;
    this.#remote.value = null;
    this.#peer.value = null;
    if (!this.#options.own) this.#own.drop();
    this.#connect.stop();
    this.#mending.stop();
    this.#relay.stop();
    this.#greeting.stop();
    this.#watch.stop();
    removeEventListener("online", this.#online);
    this.#session?.close();
  }
}

type Unaddressed<F> = F extends Frame ? Omit<F, "sid" | "to"> : never;
type Said = Unaddressed<Exclude<Frame, HelloFrame>>;
