import { computed, effect, signal, untracked, type ReadonlySignal } from "@preact/signals";
import type { JoinedCall } from "../call/join";
import type { Climbing } from "../call/climbing";
import { closeStream, openDevices, type Opened } from "../call/devices";
import type { Reacquire } from "../call/reacquire";
import { speakFor } from "../chat/identity";
import type { MediaChoice, PatientView } from "../lib/types";
import type { RoomStore } from "./store";

/** The first in line have their call prepared: the provider takes the first who is there, and one may drop out. */
const PREPARED = 2;

/** From "admitted" to face to face: 3-2-1, camera on at its start, or a minute more, or a tap first. */
export type Step = "touch" | "count" | "hold" | "call" | "left";

const COUNT_FROM = 3;

export class Admission {
  readonly #step = signal<Step>("touch");
  readonly #count = signal(COUNT_FROM);
  readonly #own = signal<MediaStream | null>(null);
  readonly #joined = signal<JoinedCall | null>(null);
  readonly #keeper = signal<Reacquire | null>(null);
  readonly #climbing = signal<Climbing | null>(null);
  readonly muted = signal(false);
  readonly cameraOn = signal(true);
  #opening: Promise<unknown> = Promise.resolve();
  /** Raised whenever devices are asked for or given up: an answer to an older question is closed, never left running. */
  #asked = 0;
  #opened: Opened | null = null;
  #joining: Promise<void> | null = null;
  /** Raised by every join and by every end: a join that was overtaken does nothing. */
  #joinings = 0;
  /** The call's screen, fetched with the call. */
  readonly visit = signal<typeof import("./visit") | null>(null);
  readonly #code = async (): Promise<typeof import("../call/join")> => {
    const [join, visit] = await Promise.all([import("../call/join"), import("./visit")]);
    this.visit.value = visit;
    return join;
  };
  readonly #rest = (): Promise<typeof import("./call-more")> => import("./call-more");
  #ticking: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly store: RoomStore) {
    const seated = computed(() => store.live.state.value !== "fenced" && store.live.state.value !== "refused");
    const inVisit = computed(() => seated.value && store.view.value.stage === "in-visit" && store.view.value.entry?.media !== "phone");
    const prepared = computed(() => inVisit.value || (seated.value && isNear(store.view.value)));
    const seat = computed(() => (prepared.value ? store.view.value.call.topic : null));
    effect(() => {
      const here = seat.value !== null;
      untracked(() => (here ? this.#prepare() : this.#closeCall()));
    });
    effect(() => {
      const admitted = inVisit.value;
      untracked(() => (admitted ? this.#admitted() : this.#over()));
    });
    // Before anything else of the call: what is on hold stays so after a reload.
    const held = computed(() => !!store.view.value.visit.held_at);
    effect(() => {
      const [call, paused] = [this.#joined.value?.call, held.value];
      untracked(() => void call?.pause(paused));
    });
    // Fetched while there is time; asked for again, and then loudly, when it is needed.
    setTimeout(() => void Promise.allSettled([this.#code(), this.#rest(), store.keys()]), 2_000);
    addEventListener("pagehide", () => this.#joined.peek()?.call.close());
  }

  get step(): ReadonlySignal<Step> {
    return this.#step;
  }

  get count(): ReadonlySignal<number> {
    return this.#count;
  }

  get own(): ReadonlySignal<MediaStream | null> {
    return this.#own;
  }

  get joined(): ReadonlySignal<JoinedCall | null> {
    return this.#joined;
  }

  /** Walks the call up and down the ladder while it runs. */
  get climbing(): ReadonlySignal<Climbing | null> {
    return this.#climbing;
  }

  /** Keeps the devices while the call runs, and knows what to say about them. */
  get keeper(): ReadonlySignal<Reacquire | null> {
    return this.#keeper;
  }

  /** Seen and touched before: the count may run by itself. Anything else waits for a tap, with everything off. */
  #admitted(): void {
    void this.#prepare();
    const seen = document.visibilityState === "visible" && this.store.touched.peek();
    if (seen) this.begin(this.store.media.peek() ?? "video");
    else this.#step.value = "touch";
  }

  /** Connected while waiting, with no media: nothing of ours is open, no sender has a track. Admission only attaches. */
  #prepare(): Promise<void> {
    const joining = (this.#joining ??= this.#join());
    joining.catch((error: unknown) => console.error("call:", error));
    return joining;
  }

  async #join(): Promise<void> {
    const joining = ++this.#joinings;
    const { joinCall } = await this.#code();
    if (joining !== this.#joinings) return;
    const { handoff, live, view } = this.store;
    const joined = joinCall(handoff.api, live, view.peek().call, { holdWhileHidden: true });
    this.#joined.value = joined;
    speakFor(joined, this.store.keys());
    await joined.call.prepare();
  }

  /** Starts the count with this much of the person: picture and voice, voice, or nothing. */
  begin(media: MediaChoice): void {
    this.store.media.value = media;
    this.muted.value = false;
    void this.#prepare();
    this.#joined.peek()?.call.setHold(false);
    this.#opening = this.#open(media);
    this.#count.value = COUNT_FROM;
    this.#step.value = "count";
    this.#tick();
  }

  #tick(): void {
    clearTimeout(this.#ticking);
    this.#ticking = setTimeout(() => {
      this.#count.value--;
      if (this.#count.value > 0) this.#tick();
      else void this.enter();
    }, 1_000);
  }

  /** "Start with voice only": the camera closes now and the count is over. */
  async voiceOnly(): Promise<void> {
    this.store.media.value = "voice";
    clearTimeout(this.#ticking);
    await this.#opening;
    for (const track of this.#own.peek()?.getVideoTracks() ?? []) {
      track.stop();
      this.#own.peek()?.removeTrack(track);
    }
    this.cameraOn.value = false;
    if (!this.#own.peek()) this.#opening = this.#open("voice");
    if (this.#step.peek() === "count") await this.enter();
    else await this.#joined.peek()?.call.start(this.#own.peek());
  }

  /** "Not yet": everything off until a tap. */
  hold(): void {
    clearTimeout(this.#ticking);
    this.#step.value = "hold";
    this.#joined.peek()?.call.setHold(true);
    this.#closeOwn();
  }

  async enter(): Promise<void> {
    await this.#opening;
    if (this.#step.peek() !== "count") return;
    this.#step.value = "call";
    await this.#prepare();
    await this.#joined.peek()?.call.start(this.#own.peek());
    void this.#keep();
  }

  /** What the call needs beyond itself, once it stands. */
  async #keep(): Promise<void> {
    const opened = this.#opened;
    const { climb, keepDevices } = await this.#rest();
    const joined = this.#joined.peek();
    if (this.#step.peek() !== "call" || !joined) return;
    this.#keeper.value ??= keepDevices(this, opened);
    this.#climbing.value ??= climb(this.store, joined);
  }

  /** Leaves the call, not the visit: the seat stays. */
  leave(): void {
    this.#closeCall();
    this.#step.value = "left";
  }

  async #open(media: MediaChoice): Promise<Opened> {
    this.#closeOwn();
    const asked = this.#asked;
    this.cameraOn.value = media === "video";
    const opened = await openDevices({ video: media === "video", audio: media !== "listen" });
    if (asked !== this.#asked) {
      closeStream(opened.stream);
      return opened;
    }
    this.#own.value = opened.stream;
    this.cameraOn.value = opened.camera === "ok";
    return (this.#opened = opened);
  }

  /** Opens the devices again in the running call, from a tap or because one went away (a phone call, a pulled cable). */
  async retry(media: MediaChoice = this.store.media.peek() ?? "video"): Promise<Opened> {
    this.store.media.value = media;
    const opened = await this.#open(media);
    await this.#joined.peek()?.call.start(this.#own.peek());
    this.#keeper.peek()?.watch();
    this.#keeper.peek()?.failed(opened);
    return opened;
  }

  setMuted(muted: boolean): void {
    this.muted.value = muted;
    this.#joined.peek()?.call.setMuted(muted);
  }

  async setCamera(on: boolean): Promise<void> {
    if (on && (this.#own.peek()?.getVideoTracks().length ?? 0) === 0) return void (await this.retry("video"));
    this.cameraOn.value = on;
    this.#joined.peek()?.call.setCamera(on);
  }

  /** Not admitted, or not any more. A call that has sent something is not the one to wait in: a fresh one is. */
  #over(): void {
    const used = this.#step.peek() !== "touch" || this.#own.peek() !== null;
    this.#step.value = "touch";
    if (!used) return;
    const near = isNear(this.store.view.peek());
    this.#closeCall();
    if (near) void this.#prepare();
  }

  #closeCall(): void {
    clearTimeout(this.#ticking);
    this.#keeper.peek()?.close();
    this.#keeper.value = this.#climbing.value = null;
    this.#joined.peek()?.leave();
    this.#joined.value = null;
    this.#joining = null;
    this.#joinings++;
    this.#closeOwn();
  }

  #closeOwn(): void {
    this.#asked++;
    const own = this.#own.peek();
    this.#own.value = null;
    closeStream(own);
  }
}

/** Waiting, and soon or already called. A group's call is nobody's who is not in it: nothing is prepared there. */
function isNear({ stage, entry, group }: PatientView): boolean {
  return !group && (stage === "waiting" || stage === "called" || stage === "away") && (entry?.position ?? 1) <= PREPARED;
}
