/** Sharing the screen in a call: in place of the camera, over whichever way the call goes. Loaded with what a call offers. */
import { signal, type ReadonlySignal } from "@preact/signals";
import type { JoinedCall } from "./join";

const shared = signal<MediaStreamTrack | null>(null);
/** What of ours is shown to the others now. */
export const sharing: ReadonlySignal<MediaStreamTrack | null> = shared;

/** Browsers of phones have no such thing. */
export function canShare(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

/**
 * Ask which screen and show it: from a press, since browsers ask for one. `cancelled`: they chose nothing, which is no failure.
 * It ends by `stopSharing`, by the browser's own bar, and with the call.
 */
export async function share(joined: JoinedCall): Promise<"shared" | "cancelled" | "failed"> {
  if (shared.peek()) return "shared";
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
  } catch (error) {
    return error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError") ? "cancelled" : "failed";
  }
  const [track] = stream.getVideoTracks();
  if (!track) return "failed";
  track.contentHint = "detail"; // there to be read: rather slower than blurred
  shared.value = track;
  const stop = (): void => {
    if (shared.peek() !== track) return;
    shared.value = null;
    track.stop();
    void joined.call.show(null);
  };
  track.addEventListener("ended", stop);
  joined.attach(stop);
  await joined.call.show(track);
  return "shared";
}

export function stopSharing(): void {
  const track = shared.peek();
  track?.stop();
  track?.dispatchEvent(new Event("ended")); // a page that stops a track itself hears nothing of it
}
