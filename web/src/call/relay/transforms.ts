/**
 * Puts the sealing worker between encoders and the network: `RTCRtpScriptTransform`, or `createEncodedStreams` in Chromium
 * before 141. Where there is neither, `canSeal` is false and no call goes through a relay.
 */
import type { Codec } from "./clear";
import workerUrl from "./sealing.worker.ts?worker&url";
import type { FromWorker, Role, ToWorker, TransformOptions } from "./sealing.worker";
import type { FrameKey } from "./sframe";

interface Piped {
  transform?: unknown;
  createEncodedStreams?(): { readable: ReadableStream; writable: WritableStream };
}
interface Policy {
  createScriptURL(url: string): unknown;
}
type Scripted = typeof globalThis & {
  RTCRtpScriptTransform?: new (worker: Worker, options: TransformOptions) => unknown;
  trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy };
};

const browser = globalThis as Scripted;

export function canSeal(): boolean {
  const old = typeof RTCRtpSender !== "undefined" && "createEncodedStreams" in RTCRtpSender.prototype;
  return typeof browser.RTCRtpScriptTransform === "function" || old;
}

/** What an RTCPeerConnection must be told at birth so that the older way works. */
export function connectionExtras(): RTCConfiguration {
  return typeof browser.RTCRtpScriptTransform === "function" ? {} : ({ encodedInsertableStreams: true } as RTCConfiguration);
}

let policy: Policy | undefined;

/** The page's own worker and nothing else may be started: the security policy asks for a name to that promise. */
function trusted(url: string): string {
  if (!browser.trustedTypes) return url;
  policy ??= browser.trustedTypes.createPolicy("careroom", {
    createScriptURL: (wanted) => {
      if (new URL(wanted, location.href).origin !== location.origin) throw new TypeError("a worker of another origin");
      return wanted;
    },
  });
  return policy.createScriptURL(url) as string;
}

export class Sealing {
  readonly #worker = new Worker(trusted(workerUrl));
  readonly counts = new Map<string, FromWorker>();
  readonly #set = new WeakSet<object>();

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.counts.set(data.id, data);
  }

  /** Must be called right after `addTransceiver`: Chromium ignores a receiver's transform that comes later. */
  attach(piped: RTCRtpSender | RTCRtpReceiver, role: Role, id: string, codec: Codec, rids: readonly string[] = []): void {
    const target = piped as Piped;
    const options: TransformOptions = { id, role, codec, rids };
    if (typeof browser.RTCRtpScriptTransform === "function") {
      target.transform = new browser.RTCRtpScriptTransform(this.#worker, options);
    } else if (target.createEncodedStreams) {
      const { readable, writable } = target.createEncodedStreams();
      this.#worker.postMessage({ kind: "streams", ...options, readable, writable }, [readable, writable] as unknown as Transferable[]);
    } else return;
    this.#set.add(piped);
  }

  /** Whether frames of this sender or receiver pass through the worker. A track goes nowhere else. */
  guards(piped: RTCRtpSender | RTCRtpReceiver): boolean {
    const native = typeof browser.RTCRtpScriptTransform !== "function" || (piped as Piped).transform !== null;
    return this.#set.has(piped) && native;
  }

  seal(id: string, key: FrameKey): void {
    this.#tell({ kind: "seal", id, key });
  }

  open(id: string, key: FrameKey): void {
    this.#tell({ kind: "open", id, key });
  }

  forget(id: string, kid: bigint): void {
    this.#tell({ kind: "forget", id, kid });
  }

  #tell(words: ToWorker): void {
    this.#worker.postMessage(words);
  }

  close(): void {
    this.#worker.terminate();
  }
}
