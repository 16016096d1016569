import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import { Problem } from "../lib/api";
import { Live, type SnapshotHandle } from "../lib/live";
import type { MediaChoice, PatientView } from "../lib/types";
import type { Chat } from "../chat/chat";
import { Admission } from "./admission";
import type { Handoff } from "./handoff";
import { WakeLock } from "./wake";

/** What is on the screen. Derived from what the server says; the page decides nothing about the visit. */
export type Screen =
  | "early" | "open" | "left-line" | "waiting" | "away" | "called"
  | "touch" | "count" | "hold" | "call" | "left"
  | "phone" | "ended" | "closed" | "fenced" | "refused";

/** Blips shorter than this are not worth a word. */
const WORTH_SAYING = 1_500;

/** Everything the room's components read, and the few things they may do. */
export class RoomStore {
  readonly live: Live;
  readonly admission: Admission;
  readonly media: ReturnType<typeof signal<MediaChoice>>;
  readonly touched: ReturnType<typeof signal<boolean>>;
  /** The messages are open over whatever else is going on. */
  readonly messages = signal(false);
  readonly problem = signal<Problem | null>(null);
  readonly busy = signal(false);
  /** The connection has been away long enough to say so. */
  readonly offline = signal(false);
  readonly #handle: SnapshotHandle<PatientView>;
  /** The page's idea of now, every ten seconds. */
  readonly minute = signal(Date.now());
  readonly #wake = new WakeLock();
  readonly screen: ReadonlySignal<Screen>;

  constructor(readonly handoff: Handoff) {
    this.media = signal(handoff.media);
    this.touched = signal(handoff.touched);
    this.live = new Live(handoff.api);
    const load = async (): Promise<PatientView> => {
      const view = await handoff.api.get<PatientView | undefined>(`/v1/links/${handoff.linkId}/visit`);
      if (!view) throw new Problem(401, "unauthenticated", ""); // the seat of this browser has ended
      return view;
    };
    this.#handle = this.live.snapshot(`patient:${handoff.view.appointment.id}`, handoff.view, load);
    this.admission = new Admission(this);
    this.screen = computed(() => this.#screen());
    this.#watch(load);
    this.live.start();
  }

  get view(): ReadonlySignal<PatientView> {
    return this.#handle.value;
  }

  get doctor(): string {
    return this.view.value.appointment.with;
  }

  #screen(): Screen {
    const link = this.live.state.value;
    if (link === "fenced" || link === "refused") return link;
    const { stage, opens_at, entry } = this.view.value;
    if (stage === "in-visit" && entry?.media === "phone") return "phone";
    if (stage === "in-visit") return this.admission.step.value;
    if (stage === "early") return this.minute.value >= Date.parse(opens_at) ? "open" : "early";
    if (stage === "open") return entry?.state === "left" ? "left-line" : "open";
    return stage;
  }

  #watch(load: () => Promise<PatientView>): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    effect(() => {
      clearTimeout(timer);
      if (this.live.state.value === "online") this.offline.value = false;
      else timer = setTimeout(() => (this.offline.value = this.live.state.peek() !== "online"), WORTH_SAYING);
    });
    setInterval(() => (this.minute.value = Date.now()), 10_000);
    let before: Screen | null = null;
    effect(() => {
      const screen = this.screen.value;
      // Whoever wrote while the visit ended is told that it ended; the messages are one tap away.
      if (screen === "ended" && before !== null && before !== "ended") this.messages.value = false;
      before = screen;
      this.#wake.wanted = ["waiting", "away", "called", "touch", "count", "hold", "call"].includes(screen);
      if (screen === "called" || screen === "count" || screen === "touch") this.#ring();
    });
    effect(() => {
      // The door opens by the clock, not by an event.
      if (this.screen.value === "open" && this.view.peek().stage === "early") void load().then((view) => this.#handle.set(view), () => undefined);
    });
    const touch = (): void => {
      this.touched.value = true;
      this.handoff.sound.unlock();
    };
    for (const type of ["pointerup", "keydown"]) document.addEventListener(type, touch, { capture: true });
  }

  /** Sound, a shake, and the tab's own title: somebody who looked away should notice. */
  #ring(): void {
    this.handoff.sound.chime();
    const felt = this.view.peek().needs.some(({ kind }) => kind === "deaf" || kind === "signing");
    if (this.touched.peek()) navigator.vibrate?.(felt ? [500, 200, 500, 200, 500] : [120, 80, 120]);
    if (felt) void import("./call-more").then(({ flash }) => flash());
  }

  /** An answer to a command that was sent elsewhere. */
  take(view: PatientView): void {
    this.#handle.set(view);
  }

  /** Runs a command; its failure becomes a sentence on the screen. Answers whether it worked. */
  async act(path: string, body: unknown = {}): Promise<boolean> {
    if (this.busy.peek()) return false;
    this.busy.value = true;
    this.problem.value = null;
    try {
      this.#handle.set(await this.handoff.api.post<PatientView>(path, body));
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem.value = error;
      return false;
    } finally {
      this.busy.value = false;
    }
  }

  /** The conversation of this link, with this phone's own keys; its code is loaded with the first use. */
  async keys(): Promise<Chat> {
    const { patientChat } = await import("../chat/patient");
    return patientChat(this.handoff.api, this.live, this.view.peek());
  }

  checkIn(): Promise<boolean> {
    // What was chosen at the door counts; the devices themselves were looked at some time ago.
    const readiness = { media: this.handoff.media, camera: "unchecked", microphone: "unchecked" };
    return this.act("/v1/my/check-in", this.view.peek().entry ? {} : { readiness });
  }

  leaveLine(): Promise<boolean> {
    return this.act("/v1/my/leave");
  }

  /** The seat was taken by another tab: take it back. */
  useHere(): void {
    this.live.start();
  }
}
