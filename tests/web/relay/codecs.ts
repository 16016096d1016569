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
  // Candidates that are found before the other side knows us wait.
  const ready: { go?: () => void } = {};
  const described = new Promise<void>((resolve) => (ready.go = resolve));
  up.onicecandidate = ({ candidate }) => void described.then(() => candidate && down.addIceCandidate(candidate));
  down.onicecandidate = ({ candidate }) => void described.then(() => candidate && up.addIceCandidate(candidate));
  for (const kind of ["audio", "video"] as TrackKind[]) {
    const stated = kind === "audio" ? "opus" : codec;
    const sender = up.addTransceiver(kind, { direction: "sendonly" });
    sealing.attach(sender.sender, "seal", kind, stated);
    const receiver = down.addTransceiver(kind, { direction: "recvonly" });
    opening.attach(receiver.receiver, "open", kind, stated);
    if (kind === "video") {
      const offered = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
      const wanted = offered.filter(({ mimeType }) => mimeType.toLowerCase() === `video/${codec}` || mimeType.endsWith("/rtx"));
      for (const transceiver of [sender, receiver]) transceiver.setCodecPreferences(wanted);
    }
    const secret = { gen: 1, slot: 2, secret: new Uint8Array(32).fill(7) };
    sealing.seal(kind, await frameKey("call", "seat", "sid", secret, kind));
    const other = right ? secret : { ...secret, secret: new Uint8Array(32).fill(8) };
    opening.open(kind, await frameKey("call", "seat", "sid", other, kind));
    await sender.sender.replaceTrack(stream.getTracks().find((track) => track.kind === kind) ?? null);
  }
  // Both offer, as pages do to the relay, and each gets the other's offer as its answer: so transforms are set when lines are made.
  await Promise.all([up.setLocalDescription(), down.setLocalDescription()]);
  const answer = (of: RTCPeerConnection, setup: string): RTCSessionDescriptionInit => ({
    type: "answer",
    sdp: (of.localDescription?.sdp ?? "").replaceAll("a=setup:actpass", `a=setup:${setup}`),
  });
  const [toUp, toDown] = [answer(down, "passive"), answer(up, "active")];
  await Promise.all([up.setRemoteDescription(toUp), down.setRemoteDescription(toDown)]);
  ready.go?.();
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
