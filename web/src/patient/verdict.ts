/** What a visit will be like from here, in one of three names, measured while there is time to do something about it. */
import { closeStream, openDevices } from "../call/devices";
import type { CallSeat, Device } from "../lib/types";

export interface Measured {
  /** Kilobits a second, downwards. */
  kbps: number;
  /** Milliseconds until an answer, the best of a few. */
  delay: number;
  camera: Device;
  microphone: Device;
  /** A way for sound and picture was found: an address beyond this machine, or no need of one. */
  way: boolean;
}

export type Verdict = "video" | "audio" | "phone";
export type Reason = "ok" | "camera" | "microphone" | "network";

/** A picture of 360 lines and the sound; below, sound alone; below that, nothing that is speech (RFC 6716: 24 kbit/s and its overhead). */
export const VIDEO_KBPS = 600;
export const AUDIO_KBPS = 60;
/** Beyond this people talk over each other (ITU-T G.114, both ways). */
export const VIDEO_DELAY = 400;
export const AUDIO_DELAY = 1_200;

export function verdictOf({ kbps, delay, camera, microphone, way }: Measured): { verdict: Verdict; reason: Reason } {
  if (!way || kbps < AUDIO_KBPS || delay > AUDIO_DELAY) return { verdict: "phone", reason: "network" };
  if (microphone !== "ok") return { verdict: "phone", reason: "microphone" };
  if (kbps < VIDEO_KBPS || delay > VIDEO_DELAY) return { verdict: "audio", reason: "network" };
  if (camera !== "ok") return { verdict: "audio", reason: "camera" };
  return { verdict: "video", reason: "ok" };
}

const ASKS = 4;
const PATIENCE = 6_000;

/** Opens the devices for a moment and lets them go again, and measures the way to the clinic. From a tap. */
export async function measure(seat: CallSeat): Promise<Measured> {
  const [{ stream, camera, microphone }, network, way] = await Promise.all([openDevices({ video: true, audio: true }), speed(), wayOut(seat)]);
  closeStream(stream);
  return { ...network, camera, microphone, way };
}

/** The delay by small answers, the speed by this page's own largest file, fetched anew. No answer in time: nothing. */
async function speed(): Promise<{ kbps: number; delay: number }> {
  const signal = AbortSignal.timeout(PATIENCE);
  const fresh = { cache: "no-store", signal } as const;
  try {
    let delay = Infinity;
    for (let i = 0; i < ASKS; i++) {
      const from = performance.now();
      await (await fetch("/healthz", fresh)).text();
      delay = Math.min(delay, performance.now() - from);
    }
    const from = performance.now();
    const bytes = (await (await fetch(new URL(import.meta.url).pathname, fresh)).arrayBuffer()).byteLength;
    const took = Math.max(1, performance.now() - from - delay);
    return { kbps: (bytes * 8) / took, delay };
  } catch {
    return { kbps: 0, delay: Infinity }; // a network that does not answer is what we wanted to know
  }
}

/** A candidate that reaches beyond this machine, from the same servers the call will use. */
function wayOut({ ice_servers, ice_transport_policy }: CallSeat): Promise<boolean> {
  if (ice_servers.length === 0) return Promise.resolve(true); // nothing to ask: the call goes the direct way
  const peer = new RTCPeerConnection({ iceServers: ice_servers, iceTransportPolicy: ice_transport_policy });
  return new Promise<boolean>((found) => {
    setTimeout(() => found(false), PATIENCE);
    peer.onicecandidate = ({ candidate }) => {
      if (candidate === null) found(false);
      else if (candidate.type && candidate.type !== "host") found(true);
    };
    peer.createDataChannel("way");
    void peer.setLocalDescription();
  }).finally(() => peer.close());
}
