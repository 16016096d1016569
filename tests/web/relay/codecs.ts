/** Claim 32: the product's sealing worker between two connections of one page, once with the right key and once with another. */
import { frameKey, type TrackKind } from "../../../web/src/call/relay/keys";
import type { Codec } from "../../../web/src/call/relay/clear";
import { connectionExtras, Sealing } from "../../../web/src/call/relay/transforms";

interface Outcome {
  frames: number;
  packets: number;
  heard: number;
}

async function pair(codec: Codec, right: boolean, stream: MediaStream): Promise<() => Promise<Outcome>> {
  const [up, down] = [new RTCPeerConnection(connectionExtras()), new RTCPeerConnection(connectionExtras())];
  const [sealing, opening] = [new Sealing(), new Sealing()];
  up.onicecandidate = ({ candidate }) => void (candidate && down.addIceCandidate(candidate));
  down.onicecandidate = ({ candidate }) => void (candidate && up.addIceCandidate(candidate));
  for (const kind of ["audio", "video"] as TrackKind[]) {
    const stated = kind === "audio" ? "opus" : codec;
    const sender = up.addTransceiver(kind, { direction: "sendonly" });
    sealing.attach(sender.sender, "seal", kind, stated);
    const receiver = down.addTransceiver(kind, { direction: "recvonly" });
    opening.attach(receiver.receiver, "open", kind, stated);
    if (kind === "video") {
      const offered = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
      receiver.setCodecPreferences(offered.filter(({ mimeType }) => mimeType.toLowerCase() === `video/${codec}` || mimeType.endsWith("/rtx")));
    }
    const secret = { gen: 1, slot: 2, secret: new Uint8Array(32).fill(7) };
    sealing.seal(kind, await frameKey("call", "seat", "sid", secret, kind));
    const other = right ? secret : { ...secret, secret: new Uint8Array(32).fill(8) };
    opening.open(kind, await frameKey("call", "seat", "sid", other, kind));
    await sender.sender.replaceTrack(stream.getTracks().find((track) => track.kind === kind) ?? null);
  }
  await down.setLocalDescription();
  // The receiving side offers, so that its choice of codec is the one that counts.
  await up.setRemoteDescription(down.localDescription as RTCSessionDescription);
  for (const transceiver of up.getTransceivers()) transceiver.direction = "sendonly";
  await up.setLocalDescription();
  await down.setRemoteDescription(up.localDescription as RTCSessionDescription);
  const audio = Object.assign(new Audio(), { autoplay: true });
  const video = Object.assign(document.createElement("video"), { autoplay: true, muted: true });
  const [sound, picture] = down.getReceivers().map(({ track }) => new MediaStream([track]));
  Object.assign(audio, { srcObject: sound ?? null });
  Object.assign(video, { srcObject: picture ?? null });
  return async () => {
    const found: Outcome = { frames: 0, packets: 0, heard: 0 };
    for (const one of (await down.getStats()).values() as Iterable<Record<string, unknown>>) {
      if (one["type"] !== "inbound-rtp") continue;
      found.packets += Number(one["packetsReceived"] ?? 0);
      if (one["kind"] === "video") found.frames += Number(one["framesDecoded"] ?? 0);
      else found.heard += Number(one["totalSamplesReceived"] ?? 0) - Number(one["concealedSamples"] ?? 0);
    }
    return found;
  };
}

const looks: (() => Promise<Outcome>)[] = [];

const codecs = {
  async start(codec: Codec): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240 } });
    for (const right of [true, false]) looks.push(await pair(codec, right, stream));
  },
  /** [with the right key, with another] */
  look: (): Promise<Outcome[]> => Promise.all(looks.map((look) => look())),
};

declare global {
  interface Window {
    codecs: typeof codecs;
  }
}
window.codecs = codecs;
