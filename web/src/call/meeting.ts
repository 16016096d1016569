/**
 * The call of a visit as a page sees it, whichever way it goes: page to page while there are two, through the relay when a third
 * comes or when no direct way is found.
 *
 * Changing over is make before break: what was seen stays until the new way shows a picture.
 */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { Call } from "./call";
import type { Frame } from "./frames";
import { OwnMedia } from "./media";
import type { CallOptions, CallState, PeerMedia, Security } from "./options";
import type { Quality } from "./quality";
import type { Negotiate } from "./relay/connection";
import type { Other } from "./relay/member";
import type { Detour } from "./relay/detour";
import type { RelayCall } from "./relay/relay-call";
import type { CallIdentity } from "./security";
import type { CallStats } from "./stats";

export interface MeetingOptions extends Omit<CallOptions, "own" | "stuck"> {
  /** Ask the relay; absent where there is none. */
  negotiate?: Negotiate | null;
  /** `relay`: this seat never connects page to page. */
  route?: "p2p" | "relay" | undefined;
}

const DIRECT_TRIES = 1;
/** What kind of seat it is: `patient`, `guest`, or a provider's, which has none. */
const kind = (seat = ""): string | undefined => seat.split(".")[1];

export class Meeting {
  readonly #o: MeetingOptions;
  readonly #own = new OwnMedia();
  readonly #direct: Call | null;
  readonly #relay = signal<RelayCall | null>(null);
  readonly #way = signal<"direct" | "relay">("direct");
  readonly #report: (error: unknown) => void;
  #identity: CallIdentity | null;
  #joining: Promise<void> | null = null;
  #detour: Detour | null = null;
  #failed = 0;
  /** Why the relay is used: `third` goes back to page to page when they are two again. */
  #why: "third" | "stuck" | null = null;
  #wanted = false;
  #aside = false;
  #closed = false;

  constructor(options: MeetingOptions) {
    this.#o = options;
    this.#identity = options.identity ?? null;
    this.#report = options.report ?? ((error) => console.error("call:", error));
    const direct = options.route !== "relay";
    this.#direct = direct ? new Call({ ...options, own: this.#own, stuck: () => this.#stuck() }) : null;
    if (!direct) {
      this.#way.value = "relay";
      this.#why = "stuck";
    }
  }

  /** The seat to be shown large; while nobody sits there, another of its kind. */
  readonly partner = signal<string>();
  readonly #via = computed(() => (this.#way.value === "relay" ? this.#relay.value : null));
  /** Everybody else who is in the relayed call, in the order in which they came. */
  readonly everybody: ReadonlySignal<Other[]> = computed(() => this.#via.value?.others.value ?? []);
  /** The one a page of two shows large. */
  readonly #main = computed<Other | null>(() => {
    const others = this.everybody.value;
    const wanted = this.partner.value;
    return others.find(({ seat }) => seat === wanted) ?? others.find(({ seat }) => kind(seat) === kind(wanted)) ?? null;
  });

  readonly state: ReadonlySignal<CallState> = computed(() => {
    if (this.#way.value === "direct") return this.#direct?.state.value ?? "idle";
    return this.#relay.value?.state.value ?? "preparing";
  });
  readonly remote: ReadonlySignal<MediaStream | null> = computed(() => {
    return this.#way.value === "direct" ? (this.#direct?.remote.value ?? null) : (this.#main.value?.stream ?? null);
  });
  readonly security: ReadonlySignal<Security> = computed(() => {
    if (this.#way.value === "direct") return this.#direct?.security.value ?? "unchecked";
    const others = this.everybody.value;
    if (this.#via.value?.state.value === "blocked") return "mismatch";
    if (others.length === 0) return "unchecked";
    return others.every(({ security }) => security === "verified") ? "verified" : "unconfirmed";
  });
  readonly peer: ReadonlySignal<PeerMedia | null> = computed(() => {
    return this.#way.value === "direct" ? (this.#direct?.peer.value ?? null) : (this.#main.value?.sends ?? null);
  });
  readonly left: ReadonlySignal<boolean> = computed(() => this.#way.value === "direct" && (this.#direct?.left.value ?? false));
  readonly quality: ReadonlySignal<Quality> = computed(() => this.#via.value?.quality.value ?? this.#direct?.quality.value ?? "unknown");
  /** Everybody else but the one shown large. */
  readonly guests: ReadonlySignal<Other[]> = computed(() => {
    return this.everybody.value.filter((other) => other !== this.#main.value);
  });
  readonly speaker: ReadonlySignal<string | null> = computed(() => this.#via.value?.speaker.value ?? null);
  readonly way: ReadonlySignal<"direct" | "relay"> = this.#way;

  /** The connection page to page, while the call goes that way: there two can compare pictures. */
  readonly direct: ReadonlySignal<Call | null> = computed(() => (this.#way.value === "direct" ? this.#direct : null));

  get held(): ReadonlySignal<boolean> {
    return this.#own.held;
  }

  /** The connection in use. */
  get pc(): RTCPeerConnection | null {
    return (this.#via.value ?? this.#direct)?.pc ?? null;
  }

  /** What the line does not carry, or somebody chose to spare it, stays here; the other side is told that, and which it is. */
  async withhold(audio: boolean, video: boolean, chosen: boolean): Promise<void> {
    [this.#own.noAudio, this.#own.noVideo, this.#own.spared] = [audio, video, chosen];
    await this.#anew();
  }

  /** On hold nothing of ours leaves by any way; what was on before is on again after it. */
  async pause(paused: boolean): Promise<void> {
    this.#own.paused = paused;
    await this.#anew();
  }

  /** The screen goes out in place of the camera, also when that is off; null: the camera again. */
  async show(screen: MediaStreamTrack | null): Promise<void> {
    this.#own.screen = screen;
    await this.#anew();
  }

  async #anew(): Promise<void> {
    if (this.#own.started) await this.start(this.#own.stream);
  }

  get callId(): string {
    return this.#o.topic.split(":")[1] as string;
  }

  async prepare(): Promise<void> {
    await this.#direct?.prepare();
  }

  async start(stream: MediaStream | null): Promise<void> {
    if (this.#closed) return;
    if (this.#direct) await this.#direct.start(stream);
    else this.#startOwn(stream);
    if (this.#wanted || !this.#direct) void this.#escalate(this.#why ?? "third");
    await this.#relay.value?.deliver();
  }

  /** As `Call.start` does, for a seat that has no direct call. */
  #startOwn(stream: MediaStream | null): void {
    this.#own.stream = stream;
    this.#own.apply();
    const hidden = document.visibilityState === "hidden";
    if (!this.#own.started && this.#o.holdWhileHidden && hidden) this.#own.hold(() => void this.#relay.value?.deliver());
    this.#own.started = true;
  }

  touched(): void {
    this.#direct?.touched();
    this.#own.release(() => undefined);
    void this.#relay.value?.deliver();
  }

  setHold(hold: boolean): void {
    this.#direct?.setHold(hold);
    this.#relay.value?.setHold(hold);
  }

  setMuted(muted: boolean): void {
    this.#own.muted = muted;
    this.#switched();
  }

  /** Off sends black, not the room. */
  setCamera(on: boolean): void {
    this.#own.cameraOff = !on;
    this.#switched();
  }

  #switched(): void {
    this.#own.apply();
    this.#direct?.tell();
    this.#relay.value?.tell();
  }

  /** Some of the call speak alone: until that ends nobody goes back to page to page, where nothing is parted. */
  setAside(aside: boolean): void {
    this.#aside = aside;
    this.#detour?.look();
  }

  restart(): void {
    this.#direct?.restart();
    this.#relay.value?.restart();
  }

  onFrame(from: string, d: unknown): void {
    const kind = (d as { kind?: unknown } | null)?.kind;
    if (kind === "relay" || kind === "key") {
      void this.#escalate("third").then(() => this.#relay.value?.onFrame(from, d));
      return;
    }
    if (kind === "bye") this.#relay.value?.onFrame(from, d);
    this.#direct?.onFrame(from, d);
  }

  onPresent(seat: string): void {
    this.#direct?.onPresent(seat);
    this.#relay.value?.greet(seat);
  }

  /** Their connection to the live channel ended. In a call of two the direct line knows better. */
  onAbsent(seat: string): void {
    this.#relay.value?.onAbsent(seat);
  }

  onEvicted(seat: string): void {
    this.#relay.value?.onEvicted(seat);
    if (seat === this.#o.seat) this.close();
  }

  onSpeaks(seat: string): void {
    this.#relay.value?.onSpeaks(seat);
  }

  relayLost(): void {
    this.#relay.value?.relayLost();
  }

  heardAgain(): void {
    this.#direct?.heardAgain();
    this.#relay.value?.greet();
  }

  async identityChanged(identity: CallIdentity | null): Promise<void> {
    this.#identity = identity;
    await this.#direct?.identityChanged(identity);
    await this.#relay.value?.identityChanged(identity);
  }

  async sampleStats(): Promise<CallStats | null> {
    const via = this.#via.value;
    return via ? via.sampleStats() : ((await this.#direct?.sampleStats()) ?? null);
  }

  close(): void {
    this.#closed = true;
    this.#detour?.close();
    this.#direct?.close();
    this.#own.drop();
  }

  /** No direct way in the time it should take. With a relay there is another; the two pages tell each other by going there. */
  #stuck(): void {
    this.#failed += 1;
    if (this.#failed > DIRECT_TRIES && this.#own.started) void this.#escalate("stuck");
  }

  /** To the relay. Resolves when frames can be handed to it. */
  #escalate(why: "third" | "stuck"): Promise<void> {
    if (!this.#o.negotiate || this.#closed) return Promise.resolve();
    this.#why ??= why;
    if (!this.#own.started) {
      this.#wanted = true;
      return Promise.resolve();
    }
    if (this.#relay.value && !this.#relay.value.over) return Promise.resolve();
    this.#joining ??= this.#join().finally(() => (this.#joining = null));
    return this.#joining;
  }

  async #join(): Promise<void> {
    const { Detour } = await import("./relay/detour");
    const { negotiate, seat, send } = this.#o;
    if (!negotiate || this.#closed) return;
    this.#wanted = false;
    this.#detour?.close();
    this.#detour = new Detour({
      call: { callId: this.callId, seat, identity: this.#identity, own: this.#own, negotiate, send: (frame, to) => send(frame as Frame, to), report: this.#report },
      direct: this.#direct,
      relay: this.#relay,
      way: this.#way,
      mayGoBack: () => this.#why === "third" && !this.#aside,
      over: () => (this.#why = null),
    });
  }
}
