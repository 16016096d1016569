/** One seat of a visit in a real browser: the product's Call on the driver's relay. Everything the driver asks is on `harness`. */
import { Call } from "../../../web/src/call/call";
import { OwnMedia } from "../../../web/src/call/media";
import type { Proven } from "../../../web/src/crypto/hello";
import type { CallIdentity } from "../../../web/src/call/security";
import type { Paths } from "../../../web/src/call/ways";

const query = new URLSearchParams(location.search);
const seat = query.get("seat") ?? "";
const video = document.getElementById("remote") as HTMLVideoElement;

/** Paths of the address line, as JSON. */
function asked(name: string, otherwise: Paths): Paths {
  return JSON.parse(query.get(name) ?? JSON.stringify(otherwise)) as Paths;
}

/** Real Ed25519 signatures over call and fingerprints; `trusted` stands for the conversation's key state. */
class TestIdentity implements CallIdentity {
  trusted: CryptoKey | null = null;
  keys: CryptoKeyPair | null = null;

  /** This page's public key; made on first asking. */
  async key(): Promise<number[]> {
    this.keys ??= (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
    return [...new Uint8Array(await crypto.subtle.exportKey("raw", this.keys.publicKey))];
  }

  async trust(raw: number[]): Promise<void> {
    this.trusted = await crypto.subtle.importKey("raw", new Uint8Array(raw), "Ed25519", true, ["verify"]);
  }

  async sign(callId: string, fingerprints: string[]): Promise<unknown> {
    if (!this.keys) return null;
    const signature = await crypto.subtle.sign("Ed25519", this.keys.privateKey, said(callId, fingerprints));
    return { fingerprints, signature: [...new Uint8Array(signature)] };
  }

  async verify(callId: string, hello: unknown): Promise<Proven | null> {
    const { fingerprints, signature } = hello as { fingerprints: string[]; signature: number[] };
    if (!this.trusted) return null;
    const good = await crypto.subtle.verify("Ed25519", this.trusted, new Uint8Array(signature), said(callId, fingerprints));
    return good ? { fingerprints, ephKemPub: "" } : null;
  }

  async commitment(hello: unknown): Promise<string> {
    return String(await digest(JSON.stringify(hello)));
  }

  async pictures(callId: string, initiator: unknown, responder: unknown): Promise<number[]> {
    return (await digest(JSON.stringify([callId, initiator, responder]))).slice(0, 4).map((byte) => byte & 63);
  }
}

async function digest(text: string): Promise<number[]> {
  return [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))];
}

function said(callId: string, fingerprints: string[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify([callId, fingerprints])) as Uint8Array<ArrayBuffer>;
}

const identity = new TestIdentity();
const problems: string[] = [];
const states: string[] = [];
const sent: Record<string, number> = {};
let renewals = 0;
let socket: WebSocket | null = null;
let rendered = 0;

const own = new OwnMedia();
const call = new Call({
  own,
  topic: "call:harness",
  seat,
  polite: query.get("polite") === "yes",
  ...asked("ways", { iceServers: [], iceTransportPolicy: "all" }),
  renew: async () => {
    renewals += 1;
    return asked("renewed", asked("ways", { iceServers: [], iceTransportPolicy: "all" }));
  },
  identity,
  holdWhileHidden: query.get("hold") === "yes",
  send: (frame, to) => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    sent[frame.kind] = (sent[frame.kind] ?? 0) + 1;
    socket.send(JSON.stringify({ to, d: frame }));
  },
  report: (error) => problems.push(String(error)),
});

call.state.subscribe((state) => states.push(state));
call.remote.subscribe((stream) => {
  video.srcObject = stream;
});
const count = (): void => {
  rendered += 1;
  video.requestVideoFrameCallback(count);
};
video.requestVideoFrameCallback(count);

function connect(): Promise<void> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(`ws://${location.host}/relay?seat=${seat}`);
    ws.onopen = () => resolve();
    ws.onerror = () => reject(new Error("no relay"));
    ws.onmessage = (message) => {
      const frame = JSON.parse(String(message.data)) as { type: string; from: string; d: unknown };
      if (frame.type === "call") call.onFrame(frame.from, frame.d);
      else call.onPresent(frame.from);
    };
    socket = ws;
  });
}

/** Mean and spread of brightness of what the viewer sees: black, or one flat colour, is no picture. */
function pixels(): { mean: number; spread: number } {
  const canvas = document.createElement("canvas");
  canvas.width = 64;
  canvas.height = 48;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.drawImage(video, 0, 0, 64, 48);
  const { data } = context.getImageData(0, 0, 64, 48);
  const light: number[] = [];
  for (let i = 0; i < data.length; i += 4) light.push(((data[i] ?? 0) + (data[i + 1] ?? 0) + (data[i + 2] ?? 0)) / 3);
  const mean = light.reduce((sum, value) => sum + value, 0) / light.length;
  const spread = Math.sqrt(light.reduce((sum, value) => sum + (value - mean) ** 2, 0) / light.length);
  return { mean, spread };
}

const harness = {
  ready: (): Promise<void> => connect(),
  key: () => identity.key(),
  trust: (raw: number[]) => identity.trust(raw),
  prepare: () => call.prepare(),
  async start(): Promise<void> {
    await call.start(await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } }));
  },
  identified: () => call.identityChanged(identity),
  compare: () => call.comparison.start(),
  agree: () => call.comparison.agree(),
  differ: () => call.differ(),
  setHold: (hold: boolean) => call.setHold(hold),
  restart: () => call.restart(),
  close: () => call.close(),
  setMuted(muted: boolean): void {
    own.muted = muted;
    own.apply();
    call.tell();
  },
  setCamera(on: boolean): void {
    own.cameraOff = !on;
    own.apply();
    call.tell();
  },
  dropSocket: () => socket?.close(),
  /** The channel anew, then what a page does with it (call/join.ts). */
  async again(): Promise<void> {
    socket?.close();
    await connect();
    call.heardAgain();
    call.restart();
  },
  /** Types of the candidates in use. */
  async pair(): Promise<Record<string, string>> {
    const report = await call.pc?.getStats();
    const entries = [...(report?.values() ?? [])] as Record<string, unknown>[];
    const transport = entries.find((entry) => entry["type"] === "transport" && entry["selectedCandidatePairId"]);
    // Firefox has no transport entry: there the pair itself says that it is in use.
    const used = (entry: Record<string, unknown>): boolean => entry["type"] === "candidate-pair" && entry["selected"] === true;
    const pair = transport ? entries.find((entry) => entry["id"] === transport["selectedCandidatePairId"]) : entries.find(used);
    const of = (id: unknown): Record<string, unknown> => entries.find((entry) => entry["id"] === id) ?? {};
    const [local, remote] = [of(pair?.["localCandidateId"]), of(pair?.["remoteCandidateId"])];
    return { local: String(local["candidateType"]), remote: String(remote["candidateType"]), relayed: String(local["relayProtocol"] ?? "") };
  },
  async look(): Promise<object> {
    return {
      state: call.state.value,
      security: call.security.value,
      held: call.held.value,
      peer: call.peer.value,
      hasRemote: call.remote.value !== null,
      stats: await call.sampleStats(),
      rendered,
      pixels: pixels(),
      states: [...states],
      sent: { ...sent },
      problems: [...problems],
      renewals,
      comparison: call.comparison.state.value,
    };
  },
};

declare global {
  interface Window {
    harness: typeof harness;
  }
}
window.harness = harness;
