/** The floor of time to first frame: nothing but two RTCPeerConnections, connected already; the click is one replaceTrack. */
import { firstFrame, instant, openCamera, show } from "./clock";

const pc = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
const received = new MediaStream();
let own: MediaStream | null = null;
let sender: RTCRtpSender | null = null;
let frame: Promise<number> | null = null;

pc.ontrack = ({ track }) => {
  received.addTrack(track);
  show(received);
};

function gathered(): Promise<string> {
  return new Promise((resolve) => {
    const done = (): void => {
      if (pc.iceGatheringState === "complete") resolve(pc.localDescription?.sdp ?? "");
    };
    pc.addEventListener("icegatheringstatechange", done);
    done();
  });
}

Object.assign(window, {
  async offer(): Promise<string> {
    own = await openCamera();
    sender = pc.addTransceiver("video", { direction: "sendonly" }).sender;
    await pc.setLocalDescription();
    return gathered();
  },
  async answer(sdp: string): Promise<string> {
    await pc.setRemoteDescription({ type: "offer", sdp });
    await pc.setLocalDescription();
    frame = firstFrame();
    return gathered();
  },
  accept: (sdp: string): Promise<void> => pc.setRemoteDescription({ type: "answer", sdp }),
  connected: (): boolean => pc.connectionState === "connected",
  async click(): Promise<number> {
    const at = instant();
    await sender?.replaceTrack(own?.getVideoTracks()[0] ?? null);
    return at;
  },
  frame: (): Promise<number> | null => frame,
});
