/**
 * Camera and microphone that stay: a cable pulled, a phone call taken, a page that was away. One recipe for all of them: look, open
 * anew what ended, hand it to the call, and listen whether there is sound (web.md: a track may be live, unmuted and silent on iOS).
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import type { Device } from "../lib/types";
import { chosen, devicesHere } from "./choices";
import type { Opened, Wish } from "./devices";
import { listen } from "./loudness";

type Part = "camera" | "microphone";

export type Notice =
  | { is: "taken"; old: string; now: string }
  | { is: "gone"; device: Part }
  | { is: "failed"; device: Part; cause: Device }
  | { is: "silent" };

export interface Devices {
  stream(): MediaStream | null;
  /** What should be open; a camera that was switched off stays off. */
  wanted(): Wish;
  /** Open it anew; the call has it when this resolves. */
  reopen(): Promise<Pick<Opened, "camera" | "microphone"> & { stream: MediaStream | null }>;
  report(error: unknown): void;
}

const LISTEN_MS = 2_000;
const PARTS: readonly Part[] = ["camera", "microphone"];

export class Reacquire {
  readonly #notice = signal<Notice | null>(null);
  readonly #devices: Devices;
  readonly #look = (): void => this.#run(false);
  readonly #hear = (): void => this.#run(true);
  readonly #seen = (): void => {
    if (document.visibilityState === "visible") this.#run(true);
  };
  #watched: MediaStreamTrack[] = [];
  /** The names of what was open, to say what went away. */
  #names: Partial<Record<Part, string>> = {};
  #running = false;
  #again: "look" | "hear" | null = null;
  #closed = false;

  constructor(devices: Devices) {
    this.#devices = devices;
    document.addEventListener("visibilitychange", this.#seen);
    navigator.mediaDevices.addEventListener("devicechange", this.#look);
    this.watch();
  }

  get notice(): ReadonlySignal<Notice | null> {
    return this.#notice;
  }

  /** Another stream is open now: its tracks are the ones to watch. */
  watch(): void {
    this.#unwatch();
    for (const track of this.#devices.stream()?.getTracks() ?? []) {
      track.addEventListener("ended", this.#look);
      track.addEventListener("mute", this.#hear);
      track.addEventListener("unmute", this.#hear);
      this.#watched.push(track);
      this.#names[track.kind === "video" ? "camera" : "microphone"] = track.label;
    }
  }

  /** From a tap: open everything anew, whatever it says about itself. */
  async fix(): Promise<void> {
    this.#notice.value = null;
    await this.#reopen();
    await this.#listen();
  }

  /** What did not open, to be said with its cause. */
  failed(opened: Pick<Opened, "camera" | "microphone">): void {
    const wanted = this.#devices.wanted();
    const bad = (cause: Device): boolean => cause !== "ok" && cause !== "unchecked";
    if (wanted.audio && bad(opened.microphone)) this.#notice.value = { is: "failed", device: "microphone", cause: opened.microphone };
    else if (wanted.video && bad(opened.camera)) this.#notice.value = { is: "failed", device: "camera", cause: opened.camera };
  }

  dismiss(): void {
    this.#notice.value = null;
  }

  close(): void {
    this.#closed = true;
    this.#unwatch();
    document.removeEventListener("visibilitychange", this.#seen);
    navigator.mediaDevices.removeEventListener("devicechange", this.#look);
  }

  #unwatch(): void {
    for (const track of this.#watched.splice(0)) {
      track.removeEventListener("ended", this.#look);
      track.removeEventListener("mute", this.#hear);
      track.removeEventListener("unmute", this.#hear);
    }
  }

  /** One look at a time; whatever happened meanwhile is one more look after it. */
  #run(hear: boolean): void {
    if (this.#running || document.visibilityState !== "visible") {
      this.#again = hear || this.#again === "hear" ? "hear" : "look";
      return;
    }
    this.#running = true;
    this.#step(hear)
      .catch((error: unknown) => this.#devices.report(error))
      .finally(() => {
        this.#running = false;
        const again = this.#again;
        this.#again = null;
        if (again && !this.#closed) this.#run(again === "hear");
      });
  }

  async #step(hear: boolean): Promise<void> {
    if (this.#closed) return;
    if (await this.#needs()) await this.#reopen();
    if (hear) await this.#listen();
  }

  /** Something that should be open is not, or the chosen device is back. */
  async #needs(): Promise<boolean> {
    const wanted = this.#devices.wanted();
    const here = await devicesHere();
    const lacks = (part: Part): boolean => {
      if (!(part === "camera" ? wanted.video : wanted.audio)) return false;
      const kind = part === "camera" ? "videoinput" : "audioinput";
      const track = this.#track(part);
      if (!track) return here.some((one) => one.kind === kind) && this.#notice.peek()?.is === "gone";
      const own = chosen[part];
      const back = own !== undefined && track.getSettings().deviceId !== own && here.some((one) => one.deviceId === own);
      return track.readyState === "ended" || back;
    };
    return PARTS.some(lacks);
  }

  #track(part: Part): MediaStreamTrack | undefined {
    const stream = this.#devices.stream();
    return part === "camera" ? stream?.getVideoTracks()[0] : stream?.getAudioTracks()[0];
  }

  async #reopen(): Promise<void> {
    const before = { ...this.#names };
    const ended = PARTS.filter((part) => this.#track(part)?.readyState !== "live");
    const wanted = this.#devices.wanted();
    const opened = await this.#devices.reopen();
    if (this.#closed) return;
    this.watch();
    for (const part of PARTS) {
      if (!(part === "camera" ? wanted.video : wanted.audio)) continue;
      const now = this.#track(part);
      if (!now) {
        const cause = opened[part];
        this.#notice.value = cause === "absent" ? { is: "gone", device: part } : { is: "failed", device: part, cause };
        if (part === "microphone") return;
      } else if (ended.includes(part) && before[part] && now.label !== before[part]) {
        this.#notice.value = { is: "taken", old: before[part], now: now.label };
      } else if (ended.includes(part) && this.#notice.peek()?.is !== "taken") {
        this.#notice.value = null;
      }
    }
  }

  /** A microphone that is live gives at least its own noise; one that gives nothing at all is opened anew once, then it is said. */
  async #listen(): Promise<void> {
    if (!(await this.#silent())) {
      if (this.#notice.peek()?.is === "silent") this.#notice.value = null;
      return;
    }
    await this.#reopen();
    if (await this.#silent()) this.#notice.value = { is: "silent" };
  }

  #silent(): Promise<boolean> {
    const track = this.#track("microphone");
    const stream = this.#devices.stream();
    if (!stream || track?.readyState !== "live" || !track.enabled) return Promise.resolve(false);
    return new Promise((resolve) => {
      let looks = 0;
      let sound = false;
      const stop = listen(stream, (_level, power) => {
        looks++;
        sound ||= power > 0;
      });
      setTimeout(() => {
        stop();
        resolve(looks > 5 && !sound);
      }, LISTEN_MS);
    });
  }
}
