/** Which devices there are, which were chosen, and sound sent to the chosen speaker. The choice stays on this device. */
import { chosen, CHOSEN, type Kind } from "./devices";

export { chosen, type Kind };

/** Empty: the device's own choice again. */
export function choose(kind: Kind, id: string): void {
  if (id) chosen[kind] = id;
  else delete chosen[kind];
  try {
    localStorage.setItem(CHOSEN, JSON.stringify(chosen));
  } catch {
    // Storage may be forbidden: the choice then lasts as long as the page.
  }
  if (kind === "speaker") for (const element of document.querySelectorAll("video, audio")) void route(element as HTMLMediaElement);
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
