import type { Device } from "../lib/types";

/** Camera and microphone, opened together, with the cause by name when one cannot be had. */

export interface Opened {
  /** Null when neither device could be opened. */
  stream: MediaStream | null;
  camera: Device;
  microphone: Device;
}

export interface Wish {
  video: boolean;
  audio: boolean;
}

/** What was chosen on this device by its id; without an id the system's own choice. */
export type Kind = "camera" | "microphone" | "speaker";
export const CHOSEN = "careroom.devices";
export const chosen: Partial<Record<Kind, string>> & { facing?: "environment"; backgroundBlur?: true } = {};
try {
  Object.assign(chosen, JSON.parse(localStorage.getItem(CHOSEN) ?? "{}"));
} catch {
  // Storage may be forbidden: then nothing is remembered.
}

const VIDEO: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
};
const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** True when this browser can hold a visit at all; older ones get the telephone. */
export function canCall(): boolean {
  return (
    typeof RTCPeerConnection === "function" &&
    typeof navigator.mediaDevices?.getUserMedia === "function" &&
    typeof globalThis.crypto?.subtle === "object"
  );
}

/** WebRTC without a way to a camera: the browser inside another app, which the app does not let have one. */
export function lendsNothing(): boolean {
  return typeof RTCPeerConnection === "function" && isSecureContext && !navigator.mediaDevices?.getUserMedia;
}

/**
 * Asks once for everything wished (a second request can mute the first on iOS). When that fails because of one device, asks for
 * the other alone, so that a broken camera never costs the voice.
 */
export async function openDevices(wish: Wish): Promise<Opened> {
  const unasked: Opened = { stream: null, camera: "unchecked", microphone: "unchecked" };
  if (!wish.video && !wish.audio) return unasked;
  const barred = whyNoDevices();
  if (barred) return outcome(wish, null, barred, barred);
  try {
    const stream = await ask(wish);
    return outcome(wish, stream, "ok", "ok");
  } catch (error) {
    if (!wish.video || !wish.audio) {
      const cause = await causeOf(error, wish.video ? "camera" : "microphone");
      return outcome(wish, null, cause, cause);
    }
    return await oneOfTwo(error);
  }
}

/** Stops every track: the lamp beside the camera goes out. */
export function closeStream(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** A chosen device that is gone is no failure: the next one is taken. */
function ask(wish: Wish): Promise<MediaStream> {
  const { camera, microphone, facing, backgroundBlur } = chosen;
  const video = { ...VIDEO, ...(backgroundBlur && { backgroundBlur }), ...(camera ? { deviceId: camera } : { facingMode: facing ?? "user" }) };
  return navigator.mediaDevices.getUserMedia({ video: wish.video && video, audio: wish.audio && { ...AUDIO, ...(microphone && { deviceId: microphone }) } });
}

function outcome(wish: Wish, stream: MediaStream | null, camera: Device, microphone: Device): Opened {
  return { stream, camera: wish.video ? camera : "unchecked", microphone: wish.audio ? microphone : "unchecked" };
}

async function oneOfTwo(both: unknown): Promise<Opened> {
  const camera = await causeOf(both, "camera");
  const microphone = await causeOf(both, "microphone");
  // A refusal answers for both: asking again would only put a second question on the screen.
  if (camera === "site-denied" && microphone === "site-denied") return { stream: null, camera, microphone };
  const voice = await alone({ video: false, audio: true }, "microphone");
  if (voice.stream) return { stream: voice.stream, camera, microphone: "ok" };
  const picture = await alone({ video: true, audio: false }, "camera");
  if (picture.stream) return { stream: picture.stream, camera: "ok", microphone: voice.cause };
  return { stream: null, camera: picture.cause, microphone: voice.cause };
}

async function alone(wish: Wish, device: DeviceName): Promise<{ stream: MediaStream | null; cause: Device }> {
  try {
    return { stream: await ask(wish), cause: "ok" };
  } catch (error) {
    return { stream: null, cause: await causeOf(error, device) };
  }
}

type DeviceName = "camera" | "microphone";

function whyNoDevices(): Device | null {
  if (!window.isSecureContext) return "insecure";
  return typeof navigator.mediaDevices?.getUserMedia === "function" ? null : "policy";
}

/** The names of getUserMedia's failures (W3C mediacapture-main, section 10.2) as causes a person can act on. */
async function causeOf(error: unknown, device: DeviceName): Promise<Device> {
  const name = error instanceof DOMException ? error.name : "";
  const message = error instanceof Error ? error.message : "";
  switch (name) {
    case "NotAllowedError":
      if (/system/i.test(message)) return "os-denied"; // Chromium: "Permission denied by system"
      if (/policy/i.test(message) || policyForbids(device)) return "policy";
      return (await permission(device)) === "granted" ? "os-denied" : "site-denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return (await has(device)) ? "os-denied" : "absent"; // Firefox on macOS reports a refusal by the system as not found
    case "NotReadableError":
    case "AbortError":
      return "in-use";
    case "SecurityError":
      return "policy";
    default:
      return window.isSecureContext ? "policy" : "insecure";
  }
}

function policyForbids(device: DeviceName): boolean {
  const policy = (document as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
  return policy ? !policy.allowsFeature(device) : false;
}

async function permission(device: DeviceName): Promise<PermissionState | null> {
  try {
    return (await navigator.permissions.query({ name: device as PermissionName })).state;
  } catch {
    return null; // Firefox 115 and Safari 15 do not know these names: nothing is learned
  }
}

async function has(device: DeviceName): Promise<boolean> {
  const kind = device === "camera" ? "videoinput" : "audioinput";
  return (await navigator.mediaDevices.enumerateDevices()).some((info) => info.kind === kind);
}
