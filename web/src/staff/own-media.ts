/** The provider's own camera and microphone: opened once a shift, kept open, handed to each call. */
import { signal } from "@preact/signals";
import { closeStream, openDevices, type Opened } from "../call/devices";
import type { Reacquire } from "../call/reacquire";
import type { Device } from "./types";

export type MediaProblem = "denied" | "inUse" | "noCamera" | "none";

/** What to tell the provider; null when both devices work. */
export function problemOf(opened: Pick<Opened, "camera" | "microphone"> & { stream: unknown }): MediaProblem | null {
  const { camera, microphone } = opened;
  if (camera === "ok" && microphone === "ok") return null;
  if (opened.stream) return microphone === "ok" && camera === "absent" ? "noCamera" : isDenied(camera, microphone) ? "denied" : "inUse";
  if (isDenied(camera, microphone)) return "denied";
  return camera === "in-use" || microphone === "in-use" ? "inUse" : "none";
}

function isDenied(...devices: Device[]): boolean {
  return devices.some((device) => device === "site-denied" || device === "os-denied" || device === "policy" || device === "insecure");
}

export class OwnMedia {
  readonly stream = signal<MediaStream | null>(null);
  readonly problem = signal<MediaProblem | null>(null);
  readonly opening = signal(false);
  /** What came of the last opening, device by device. */
  readonly opened = signal<Opened | null>(null);
  /** Watches over the devices while they are open. */
  readonly keeper = signal<Reacquire | null>(null);

  /** Opens both, or what can be had of the two; the reason for what cannot is in `problem` and `opened`. */
  async open(): Promise<void> {
    if (this.stream.value || this.opening.value) return;
    this.opening.value = true;
    try {
      await this.#open();
    } finally {
      this.opening.value = false;
    }
    if (this.stream.peek()) void this.#keep();
  }

  /** Other devices, or the same ones anew; a running call gets them by the stream's signal. */
  async reopen(): Promise<Opened> {
    const before = this.stream.peek();
    closeStream(before); // one that is held may not be opened a second time
    const opened = await this.#open();
    this.keeper.peek()?.watch();
    return opened;
  }

  async #open(): Promise<Opened> {
    const opened = await openDevices({ audio: true, video: true });
    this.problem.value = problemOf(opened);
    this.opened.value = opened;
    this.stream.value = opened.stream;
    return opened;
  }

  async #keep(): Promise<void> {
    const { Reacquire } = await import("../call/reacquire");
    if (this.keeper.peek() || !this.stream.peek()) return;
    this.keeper.value = new Reacquire({
      stream: () => this.stream.peek(),
      wanted: () => ({ audio: true, video: true }),
      reopen: () => this.reopen(),
      report: (error) => console.error("devices:", error),
    });
  }

  close(): void {
    this.keeper.peek()?.close();
    this.keeper.value = null;
    closeStream(this.stream.value);
    this.stream.value = null;
    this.opened.value = null;
    this.problem.value = null;
  }
}
