/** Our own microphone and camera in a call, and the rule that a hidden page shows nobody anything. */
import { signal } from "@preact/signals";
import type { Carried } from "./frames";

export class OwnMedia {
  stream: MediaStream | null = null;
  started = false;
  muted = false;
  cameraOff = false;
  /** What the line does not carry now; see climbing.ts. */
  noAudio = false;
  noVideo = false;
  /** It would carry more: somebody chose that it need not. */
  spared = false;
  /** On hold: nothing leaves, whatever is on. */
  paused = false;
  /** The screen, while it is shared: it goes out in place of the camera. */
  screen: MediaStreamTrack | null = null;
  /** True while a start waits for a touch: the page was hidden when it was admitted. */
  readonly held = signal(false);
  #stopListening: (() => void) | null = null;

  get audio(): MediaStreamTrack | null {
    return this.noAudio || this.paused ? null : live(this.stream?.getAudioTracks()[0]);
  }

  get video(): MediaStreamTrack | null {
    return this.noVideo || this.paused ? null : (live(this.screen) ?? live(this.stream?.getVideoTracks()[0]));
  }

  /** May our tracks go out now? */
  get open(): boolean {
    return this.started && !this.held.value;
  }

  /** What leaves now, as the other side is told it: read from the tracks that do, never from a button. */
  get sends(): { started: boolean; audio: boolean; video: boolean; screen: boolean; line: Carried } {
    const { open, audio, video, screen } = this;
    const picture = open && !!video;
    const shared = picture && video === screen;
    return { started: open, audio: open && !!audio && !this.muted, video: shared || (picture && !this.cameraOff), screen: shared, line: this.#carried };
  }

  get #carried(): Carried {
    if (this.spared || !this.noVideo) return "all";
    return this.noAudio ? "none" : "voice";
  }

  /** Muted is silence, camera off is black: the connection keeps its pace, and coming back needs no negotiation. */
  apply(): void {
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = !this.muted;
    for (const track of this.stream?.getVideoTracks() ?? []) track.enabled = !this.cameraOff;
  }

  /** Wait for a hand on a visible page; then `released`. A page in a pocket must not send a picture of the pocket, or of the room. */
  hold(released: () => void): void {
    if (this.held.value) return;
    this.held.value = true;
    const touched = (event: Event): void => {
      if (event.isTrusted && document.visibilityState === "visible") this.release(released);
    };
    const options = { capture: true, passive: true };
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, touched, options);
    this.#stopListening = () => {
      for (const type of ["pointerdown", "keydown"]) document.removeEventListener(type, touched, options);
    };
  }

  release(released: () => void): void {
    if (!this.held.value) return;
    this.drop();
    released();
  }

  /** Forget a hold without sending anything. */
  drop(): void {
    this.#stopListening?.();
    this.#stopListening = null;
    this.held.value = false;
  }
}

function live(track: MediaStreamTrack | null | undefined): MediaStreamTrack | null {
  return track?.readyState === "live" ? track : null;
}
