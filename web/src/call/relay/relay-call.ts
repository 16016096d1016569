/**
 * A call of two to twelve through the relay. The relay moves packets; what is in them is sealed page to page.
 *
 * Who comes is greeted, who goes is forgotten, and with both everybody's keys are new. A worker that died is replaced by a new
 * connection; keys and people stay.
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import { b64 } from "../../crypto/bytes";
import { openCurves } from "../../crypto/curves";
import { ownFingerprints } from "../fingerprints";
import { type Frame, newSid, parseFrame } from "../frames";
import type { OwnMedia } from "../media";
import { judgeQuality, type Quality } from "../quality";
import { Backoff } from "../retry";
import type { CallIdentity } from "../security";
import { type CallStats, readStats } from "../stats";
import { type Negotiate, RelayConnection } from "./connection";
import { ephemeralOf } from "./ephemeral";
import { frameKey, OwnKeys, type TrackKind } from "./keys";
import { Member, type Other } from "./member";
import { type KeyFrame, parseRelayFrame, type RelayFrame } from "./relay-frames";
import { canSeal, Sealing } from "./transforms";

export type RelayState = "idle" | "preparing" | "prepared" | "live" | "reconnecting" | "blocked" | "ended";

export interface RelayOptions {
  callId: string;
  seat: string;
  identity: CallIdentity | null;
  own: OwnMedia;
  negotiate: Negotiate;
  send(frame: Frame | RelayFrame | KeyFrame, to?: string): void;
  report(error: unknown): void;
}

const SAMPLE_MS = 1_000;
/** With a newcomer the old key is used this much longer: nobody shall miss a frame for somebody's arrival. */
const OVERLAP_MS = 400;
const OLD_KEY_MS = 2_000;
const ABSENT_MS = 10_000;
const DISCONNECTED_MS = 1_500;
const KINDS: TrackKind[] = ["audio", "video"];

export class RelayCall {
  readonly sid = newSid();
  readonly #o: RelayOptions;
  readonly #state = signal<RelayState>("idle");
  readonly #others = signal<Other[]>([]);
  readonly #quality = signal<Quality>("unknown");
  readonly #speaker = signal<string | null>(null);
  readonly #members = new Map<string, Member>();
  readonly #rebuilding = new Backoff(300, 10_000);
  readonly #online = (): void => this.restart();
  #identity: CallIdentity | null;
  #certificate: RTCCertificate | null = null;
  #keys: OwnKeys | null = null;
  #hello: unknown = null;
  #sealing: Sealing | null = null;
  #connection: RelayConnection | null = null;
  #published = 0;
  #queue: Promise<void> = Promise.resolve();
  #patience: ReturnType<typeof setTimeout> | undefined;
  #sampler: ReturnType<typeof setInterval> | undefined;
  #sample: CallStats | null = null;
  #hold = false;

  constructor(options: RelayOptions) {
    this.#o = options;
    this.#identity = options.identity;
  }

  get state(): ReadonlySignal<RelayState> {
    return this.#state;
  }

  get others(): ReadonlySignal<Other[]> {
    return this.#others;
  }

  get quality(): ReadonlySignal<Quality> {
    return this.#quality;
  }

  /** The seat that was last heard speaking. */
  get speaker(): ReadonlySignal<string | null> {
    return this.#speaker;
  }

  get over(): boolean {
    return this.#state.value === "ended" || this.#state.value === "blocked";
  }

  /** Connect and make ourselves known. Rejects when this browser cannot seal frames or the relay cannot be had. */
  async join(): Promise<void> {
    if (this.#state.value !== "idle") return;
    if (!canSeal()) throw new Error("this browser cannot seal the frames of a relayed call");
    this.#state.value = "preparing";
    this.#sealing = new Sealing();
    this.#certificate = await RTCPeerConnection.generateCertificate({ name: "ECDSA", namedCurve: "P-256" } as EcKeyGenParams);
    this.#keys = new OwnKeys(await ephemeralOf((await openCurves()).suite));
    if (this.over) return;
    addEventListener("online", this.#online);
    this.#sampler = setInterval(() => this.#watch().catch((error: unknown) => this.#o.report(error)), SAMPLE_MS);
    await this.#renew(true);
    await this.#sign();
    await this.#open();
  }

  /** Admitted, or another stream: our tracks go out as soon as everything allows it. */
  async deliver(): Promise<void> {
    const { own } = this.#o;
    const connection = this.#connection;
    if (connection && !connection.closed && this.#keys?.current && own.open) {
      await connection.send({ audio: own.audio, video: own.video });
    }
    this.tell();
    this.#refresh();
  }

  /** Take our tracks off; the connection stays. */
  async pause(): Promise<void> {
    await this.#connection?.send({ audio: null, video: null });
  }

  setHold(hold: boolean): void {
    this.#hold = hold;
    this.tell();
  }

  /** The network or the socket came back. */
  restart(): void {
    const connection = this.#connection;
    if (this.over || !connection) return;
    this.tell(true);
    connection.restart().catch((error: unknown) => this.#lost(connection, error));
  }

  /** The relay's worker is gone: everybody makes a new connection, now. */
  relayLost(): void {
    if (!this.over && this.#connection) void this.#open();
  }

  async identityChanged(identity: CallIdentity | null): Promise<void> {
    this.#identity = identity;
    if (this.over || !this.#keys) return;
    await this.#sign();
    for (const member of this.#members.values()) await this.#judge(member);
    this.tell();
  }

  onFrame(from: string, d: unknown): void {
    this.#queue = this.#queue.then(() => this.#handle(from, d)).catch((error: unknown) => this.#o.report(error));
  }

  /** Somebody new is there, or came back: say who we are. */
  greet(seat?: string): void {
    this.tell(true, seat);
  }

  /** Their live channel ended: a reload or a tunnel, or they are gone. */
  onAbsent(seat: string): void {
    const member = this.#members.get(seat);
    if (!member) return;
    setTimeout(() => {
      if (this.#members.get(seat) === member && member.absent && !this.over) this.onEvicted(seat);
    }, ABSENT_MS);
    member.absent = true;
  }

  /** This seat is out: said by the server, which has already closed the relay to it. */
  onEvicted(seat: string): void {
    if (seat === this.#o.seat) this.#stop("ended");
    else this.#queue = this.#queue.then(() => this.#forget(seat)).catch((error: unknown) => this.#o.report(error));
  }

  onSpeaks(seat: string): void {
    this.#speaker.value = seat;
  }

  get pc(): RTCPeerConnection | null {
    return this.over ? null : (this.#connection?.pc ?? null);
  }

  async sampleStats(): Promise<CallStats | null> {
    return this.#connection && !this.over ? readStats(this.#connection.pc) : null;
  }

  close(): void {
    if (this.over) return;
    this.#o.send({ kind: "bye", sid: this.sid, to: null, reason: "left" });
    this.#stop("ended");
  }

  async #sign(): Promise<void> {
    const [keys, certificate] = [this.#keys, this.#certificate];
    if (!keys || !certificate || !this.#identity) return;
    try {
      this.#hello = await this.#identity.sign(this.#o.callId, await ownFingerprints(certificate), b64(keys.pair.pub));
    } catch (error) {
      this.#o.report(error);
    }
  }

  /** A new connection in place of the old one; people and keys stay. */
  async #open(): Promise<void> {
    const [sealing, certificate] = [this.#sealing, this.#certificate];
    if (!sealing || !certificate || this.over) return;
    this.#connection?.close();
    this.#sample = null;
    const connection: RelayConnection = new RelayConnection(certificate, newSid(), sealing, this.#o.negotiate, {
      connection: () => this.#onConnection(connection),
      error: this.#o.report,
    });
    this.#connection = connection;
    for (const member of this.#members.values()) this.#hear(member);
    this.#refresh();
    try {
      await connection.update();
      if (connection.closed) return;
      this.#published += 1;
      this.tell(true);
      await connection.settled();
      this.#rebuilding.reset();
      await this.deliver();
    } catch (error) {
      this.#lost(connection, error);
    }
  }

  #lost(connection: RelayConnection, error: unknown): void {
    if (connection !== this.#connection || this.over) return;
    this.#o.report(error);
    if (isFinal(error)) return this.#stop("ended");
    this.#rebuilding.arm(() => void this.#open());
  }

  #onConnection(connection: RelayConnection): void {
    if (connection !== this.#connection || this.over) return;
    clearTimeout(this.#patience);
    const state = connection.pc.connectionState;
    if (state === "failed") void this.#open();
    if (state === "disconnected") {
      this.restart();
      this.#patience = setTimeout(() => connection === this.#connection && !connection.connected && void this.#open(), DISCONNECTED_MS);
    }
    this.#refresh();
  }

  #hear(member: Member): void {
    if (this.#connection && member.published > 0) {
      member.stream.value = this.#connection.hear(member.seat, member.id);
    }
  }

  async #handle(from: string, d: unknown): Promise<void> {
    const frame = parseRelayFrame(d) ?? parseFrame(d);
    if (!frame || this.over || from === this.#o.seat || !this.#keys) return;
    if (frame.kind === "relay") await this.#onRelay(from, frame);
    else if (frame.kind === "key") await this.#onKey(from, frame);
    else if (frame.kind === "bye" && this.#members.get(from)?.sid === frame.sid) await this.#forget(from);
  }

  async #onRelay(from: string, frame: RelayFrame): Promise<void> {
    let member = this.#members.get(from);
    if (member && member.sid !== frame.sid) {
      await this.#forget(from);
      member = undefined;
    }
    const known = member !== undefined;
    if (!member) {
      member = new Member(from, frame.sid, frame.kem);
      this.#members.set(from, member);
    }
    // A key that another page of this session claims is not taken: its first one, or the signed one, stays.
    if (!(await this.#judge(member, frame))) return;
    member.absent = false;
    const again = member.published !== frame.published;
    member.published = frame.published;
    member.state.value = frame.state;
    // First who we are, then our key: nobody takes a key from a stranger.
    if (frame.ask || !known) this.tell(false, from);
    if (!known) await this.#renew(true);
    else if (frame.ask) await this.#sealTo(member);
    if (again && this.#connection) {
      this.#hear(member);
      const connection = this.#connection;
      await connection.update().catch((error: unknown) => this.#lost(connection, error));
    }
    this.#refresh();
  }

  /** False when a signed hello contradicts what the frame says: then it is somebody else's, and nothing is sealed to it. */
  async #judge(member: Member, frame?: RelayFrame): Promise<boolean> {
    if (frame) member.hello = frame.hello ?? member.hello;
    const proven = this.#identity && member.hello ? await this.#identity.verify(this.#o.callId, member.hello, member.seat) : null;
    if (proven) member.proven = proven.ephKemPub;
    const claimed = frame?.kem ?? member.kem;
    if (member.proven !== null && member.proven !== claimed) {
      this.#block();
      return false;
    }
    if (claimed !== member.kem) return false;
    member.security.value = member.proven === null ? "unconfirmed" : "verified";
    return true;
  }

  async #onKey(from: string, frame: KeyFrame): Promise<void> {
    const [member, keys, sealing] = [this.#members.get(from), this.#keys, this.#sealing];
    if (!member || !keys || !sealing || member.sid !== frame.sid || frame.to !== this.sid) return;
    const { callId, seat } = this.#o;
    const between = { callId, from, fromSid: frame.sid, to: seat, toSid: this.sid };
    const secret = await keys.openFrom(member.kem, between, frame);
    for (const kind of KINDS) sealing.open(`${member.id}/${kind}`, await frameKey(callId, from, frame.sid, secret, kind));
    const old = member.learn(secret);
    if (old) setTimeout(() => old.forEach(([kind, kid]) => sealing.forget(`${member.id}/${kind}`, kid)), OLD_KEY_MS);
  }

  /** A new key of ours, to everybody who is here; in use at once, or with a newcomer a moment later. */
  async #renew(gentle: boolean): Promise<void> {
    const [keys, sealing] = [this.#keys, this.#sealing];
    if (!keys || !sealing) return;
    const first = keys.current === null;
    const secret = keys.renew();
    const made = await Promise.all(KINDS.map(async (kind) => [kind, await frameKey(this.#o.callId, this.#o.seat, this.sid, secret, kind)] as const));
    await Promise.all([...this.#members.values()].map((member) => this.#sealTo(member)));
    const use = (): void => {
      if (keys.current === secret) for (const [kind, key] of made) sealing.seal(`own/${kind}`, key);
    };
    if (first || !gentle) use();
    else setTimeout(use, OVERLAP_MS);
  }

  async #sealTo(member: Member): Promise<void> {
    const { callId, seat } = this.#o;
    const between = { callId, from: seat, fromSid: this.sid, to: member.seat, toSid: member.sid };
    const sealed = await this.#keys?.sealTo(member.kem, between);
    if (sealed) this.#o.send({ kind: "key", sid: this.sid, to: member.sid, ...sealed }, member.seat);
  }

  async #forget(seat: string): Promise<void> {
    if (!this.#members.delete(seat)) return;
    this.#connection?.drop(seat);
    await this.#renew(false);
    this.#refresh();
    const connection = this.#connection;
    await connection?.update().catch((error: unknown) => this.#lost(connection, error));
  }

  /** Say who we are and what we send, to one seat or to all. */
  tell(ask = false, to?: string): void {
    const keys = this.#keys;
    if (!keys || this.over || this.#state.value === "idle") return;
    const { sends } = this.#o.own;
    const state = { ...sends, hold: this.#hold && !sends.started };
    const { sid } = this;
    this.#o.send({ kind: "relay", sid, ask, hello: this.#hello, kem: b64(keys.pair.pub), published: this.#published, state }, to);
  }

  #refresh(): void {
    if (this.over || this.#state.value === "idle") return;
    this.#others.value = [...this.#members.values()].map((member) => member.view());
    this.#shape();
    if (this.#connection?.connected) this.#state.value = this.#o.own.open ? "live" : "prepared";
    else this.#state.value = this.#published > 0 ? "reconnecting" : "preparing";
  }

  /** Looked at again each second: the camera, the line and the company change. */
  #shape(): void {
    this.#connection?.seen(this.#members.size > 1).catch((error: unknown) => isBusy(error) || this.#o.report(error));
  }

  async #watch(): Promise<void> {
    const connection = this.#connection;
    if (!connection?.connected || this.over) return;
    this.#shape();
    const sample = await readStats(connection.pc);
    if (connection !== this.#connection) return;
    const expected = [...this.#members.values()].some(({ state }) => state.value.started && (state.value.audio || state.value.video));
    const before = this.#sample;
    this.#quality.value = judgeQuality(before, sample, expected);
    this.#sample = sample;
    // Packets come in but no frame reaches the opening worker: this browser lost the transform. Nothing was shown; begin anew.
    for (const member of this.#members.values()) if (member.keyless(this.#sealing?.counts)) this.tell(true, member.seat);
    const deaf = [...this.#members.values()].some((member) => member.deaf(before, sample, this.#sealing?.counts));
    if (deaf) await this.#open();
  }

  #block(): void {
    this.#o.send({ kind: "bye", sid: this.sid, to: null, reason: "blocked" });
    this.#stop("blocked");
  }

  #stop(state: "blocked" | "ended"): void {
    this.#state.value = state;
    this.#others.value = [];
    this.#members.clear();
    this.#rebuilding.stop();
    clearInterval(this.#sampler);
    clearTimeout(this.#patience);
    removeEventListener("online", this.#online);
    this.#connection?.close();
    this.#sealing?.close();
  }
}

/** Another wish for the same sender is under way. */
function isBusy(error: unknown): boolean {
  return error instanceof DOMException && (error.name === "InvalidStateError" || error.name === "InvalidModificationError");
}

/** The server said no for good: the visit is over, or this seat is out. */
function isFinal(error: unknown): boolean {
  const status = (error as { status?: unknown } | null)?.status;
  return status === 403 || status === 404 || status === 401;
}
