/** The provider's own camera and microphone: opened once a shift, kept open, handed to each call. */
import { signal } from "@preact/signals";
import { closeStream, openDevices, type Opened } from "../call/devices";
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

  /** Opens both, or what can be had of the two; the reason for what cannot is in `problem`. */
  async open(): Promise<void> {
    if (this.stream.value || this.opening.value) return;
    this.opening.value = true;
    try {
      const opened = await openDevices({ audio: true, video: true });
      this.problem.value = problemOf(opened);
      this.stream.value = opened.stream;
      for (const track of opened.stream?.getTracks() ?? []) track.onended = () => this.#lost();
    } finally {
      this.opening.value = false;
    }
  }

  /** Unplugged or taken away by the system: say so, and let the person open it again. */
  #lost(): void {
    this.close();
    this.problem.value = "none";
  }

  close(): void {
    for (const track of this.stream.value?.getTracks() ?? []) track.onended = null;
    closeStream(this.stream.value);
    this.stream.value = null;
    this.problem.value = null;
  }
}
