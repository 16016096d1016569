/** Which devices there are, which were chosen, and sound sent to the chosen speaker. The choice stays on this device. */
import { chosen, CHOSEN, type Kind } from "./devices";

export { chosen, type Kind };

/** Empty: the device's own choice again. */
export function choose(kind: Kind, id: string): void {
  if (id) chosen[kind] = id;
  else delete chosen[kind];
  remember();
  if (kind === "speaker") for (const element of document.querySelectorAll("video, audio")) void route(element as HTMLMediaElement);
}

function remember(): void {
  try {
    localStorage.setItem(CHOSEN, JSON.stringify({ ...chosen, facing: undefined }));
  } catch {
    // Storage may be forbidden: the choice then lasts as long as the page.
  }
}

/**
 * The next opening takes the other camera: a phone's front one and its back one in turn, elsewhere the next of the list. What a
 * camera looks at is a choice of the moment, so which way it faces is not remembered.
 */
export async function turn(stream: MediaStream | null): Promise<void> {
  const now = stream?.getVideoTracks()[0]?.getSettings() ?? {};
  delete chosen.facing;
  if (now.facingMode === "user" || now.facingMode === "environment") {
    if (now.facingMode === "user") chosen.facing = "environment";
    return choose("camera", "");
  }
  const cameras = (await devicesHere()).filter((one) => one.kind === "videoinput");
  const next = cameras[(cameras.findIndex((one) => one.deviceId === now.deviceId) + 1) % cameras.length];
  choose("camera", next?.deviceId ?? "");
}

type Blurs = MediaStreamTrack & { getCapabilities?(): MediaTrackCapabilities & { backgroundBlur?: boolean[] } };

/** Can this camera be blurred by the browser (W3C mediacapture-extensions, "backgroundBlur")? Both ways, so that it can be taken back. */
export function canBlur(track: MediaStreamTrack | undefined): boolean {
  const offered = (track as Blurs | undefined)?.getCapabilities?.().backgroundBlur ?? [];
  return offered.includes(true) && offered.includes(false);
}

/** Now, and at the next opening. */
export async function blur(track: MediaStreamTrack, on: boolean): Promise<void> {
  if (on) chosen.backgroundBlur = true;
  else delete chosen.backgroundBlur;
  remember();
  await track.applyConstraints({ ...track.getConstraints(), backgroundBlur: on } as MediaTrackConstraints);
}

export async function devicesHere(): Promise<MediaDeviceInfo[]> {
  return navigator.mediaDevices.enumerateDevices();
}

/** Sends an element's sound to the chosen speaker. One that is gone, or that may not be used, leaves the system's own. */
export async function route(element: HTMLMediaElement): Promise<void> {
  if (!("setSinkId" in element) || element.muted) return;
  try {
    await element.setSinkId(chosen.speaker ?? "");
  } catch {
    await element.setSinkId("");
  }
}
