/** One seat of a call in a real browser: the product's Meeting against the real relay. Everything a test asks is on `harness`. */
import { Meeting } from "../../../web/src/call/meeting";
import type { RelayOffer } from "../../../web/src/call/relay/connection";

const query = new URLSearchParams(location.search);
const seat = query.get("seat") ?? "";
const problems: string[] = [];
const states: string[] = [];
const arrived: Record<string, number> = {};
const videos = new Map<string, HTMLVideoElement>();
let socket: WebSocket;

interface Refusal extends Error {
  status: number;
}

async function negotiate(offer: RelayOffer): Promise<{ sdp: string }> {
  const response = await fetch(`/negotiate?seat=${seat}`, { method: "POST", body: JSON.stringify(offer) });
  const answer = (await response.json()) as { sdp: string; detail?: string };
  if (!response.ok) throw Object.assign(new Error(answer.detail), { status: response.status }) as Refusal;
  return answer;
}

const meeting = new Meeting({
  topic: "visit:harness",
  seat,
  polite: query.get("polite") === "yes",
  route: query.get("route") === "p2p" ? "p2p" : "relay",
  partner: query.get("partner"),
  iceServers: [],
  negotiate,
  send: (frame, to) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ to, d: frame }));
  },
  report: (error) => problems.push(String(error)),
});

meeting.state.subscribe((state) => void states.push(state));
meeting.way.subscribe((way) => void states.push(way));

function show(name: string, stream: MediaStream | null): void {
  let video = videos.get(name);
  if (!video) {
    video = document.createElement("video");
    Object.assign(video, { autoplay: true, playsInline: true, muted: true });
    document.getElementById("others")?.append(video);
    videos.set(name, video);
    watch(name, video);
  }
  if (video.srcObject !== stream) video.srcObject = stream;
}

/** The longest pause between two pictures of each other seat, in ms, since it was last asked. */
const gaps: Record<string, number> = {};

function watch(name: string, video: HTMLVideoElement): void {
  let last = 0;
  const seen = (now: number): void => {
    if (last > 0) gaps[name] = Math.max(gaps[name] ?? 0, now - last);
    last = now;
    video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
}

meeting.remote.subscribe((stream) => show("main", stream));
meeting.guests.subscribe((guests) => guests.forEach((other) => show(other.seat, other.stream)));

function connect(): Promise<void> {
  return new Promise((resolve, reject) => {
    socket = new WebSocket(`ws://${location.host}/live?seat=${seat}`);
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("no live channel"));
    socket.onmessage = (message) => {
      const { type, from, d } = JSON.parse(String(message.data)) as { type: string; from: string; d: unknown };
      arrived[type] = (arrived[type] ?? 0) + 1;
      if (type === "call") meeting.onFrame(from, d);
      else if (type === "present") meeting.onPresent(from);
      else if (type === "absent") meeting.onAbsent(from);
      else if (type === "evicted") meeting.onEvicted(from);
      else if (type === "relay-lost") meeting.relayLost();
      else if (type === "speaks") meeting.onSpeaks(from);
    };
  });
}

/** Mean and spread of a video's pixels: black and grey are told from a picture. */
function pixels(video: HTMLVideoElement): { mean: number; spread: number } {
  const canvas = Object.assign(document.createElement("canvas"), { width: 32, height: 24 });
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.drawImage(video, 0, 0, 32, 24);
  const { data } = context.getImageData(0, 0, 32, 24);
  const grey = Array.from({ length: data.length / 4 }, (_, i) => ((data[4 * i] ?? 0) + (data[4 * i + 1] ?? 0) + (data[4 * i + 2] ?? 0)) / 3);
  const mean = grey.reduce((sum, one) => sum + one, 0) / grey.length;
  return { mean, spread: Math.sqrt(grey.reduce((sum, one) => sum + (one - mean) ** 2, 0) / grey.length) };
}

const connections = (): RTCPeerConnection[] => (window as unknown as { watchedConnections: RTCPeerConnection[] }).watchedConnections;

async function received(): Promise<object[]> {
  const all: object[] = [];
  for (const pc of connections()) {
    if (pc.connectionState === "closed") continue;
    for (const { receiver } of pc.getTransceivers()) {
      const report = [...((await receiver.getStats()).values() as Iterable<Record<string, unknown>>)];
      for (const one of report.filter(({ type }) => type === "inbound-rtp")) {
        all.push({
          kind: one["kind"], packets: one["packetsReceived"], frames: one["framesDecoded"], energy: one["totalAudioEnergy"] ?? 0,
          samples: one["totalSamplesReceived"] ?? 0, concealed: one["concealedSamples"] ?? 0, freezes: one["freezeCount"] ?? 0, frozen: one["totalFreezesDuration"] ?? 0,
          pli: one["pliCount"] ?? 0, width: one["frameWidth"] ?? 0, track: receiver.track.id,
        });
      }
    }
  }
  return all;
}

const harness = {
  async start(): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: query.has("large") ? { width: 640, height: 480 } : { width: 320, height: 240 } });
    await connect();
    await meeting.prepare();
    await meeting.start(stream);
  },
  async look(): Promise<object> {
    const stats = await meeting.sampleStats();
    return {
      state: meeting.state.value, way: meeting.way.value, security: meeting.security.value, states, problems, arrived, stats,
      main: meeting.peer.value, guests: meeting.guests.value.map(({ seat: name, sends }) => ({ name, sends })),
      speaker: meeting.speaker.value, received: await received(),
      pictures: [...videos].filter(([, video]) => video.srcObject).map(([name, video]) => ({ name, ...pixels(video) })),
    };
  },
  gaps(): Record<string, number> {
    const found = { ...gaps };
    for (const name of Object.keys(gaps)) gaps[name] = 0;
    return found;
  },
  /** What the picture that goes out may weigh, in bits per second. */
  async target(): Promise<number> {
    for (const pc of connections().filter(({ connectionState }) => connectionState === "connected")) {
      for (const one of (await pc.getStats()).values() as Iterable<Record<string, unknown>>) {
        if (one["type"] === "outbound-rtp" && one["kind"] === "video" && one["active"] !== false) return Number(one["targetBitrate"] ?? 0);
      }
    }
    return 0;
  },
  /** Every size in which the picture goes out: its width, and the bytes so far. */
  async sizes(): Promise<object[]> {
    const all = [];
    for (const pc of connections().filter(({ connectionState }) => connectionState === "connected")) {
      for (const one of (await pc.getStats()).values() as Iterable<Record<string, unknown>>) {
        if (one["type"] === "outbound-rtp" && one["kind"] === "video") all.push({ rid: one["rid"], width: one["frameWidth"] ?? 0, bytes: one["bytesSent"], target: one["targetBitrate"], frames: one["framesEncoded"], why: one["qualityLimitationReason"] });
      }
    }
    return all;
  },
  relayLost: () => meeting.relayLost(),
  restart: () => meeting.restart(),
  close: () => meeting.close(),
  setMuted: (muted: boolean) => meeting.setMuted(muted),
};

declare global {
  interface Window {
    harness: typeof harness;
  }
}
window.harness = harness;
