/**
 * Frames on their way between encoder and network are sealed and opened here, off the page's thread.
 *
 * Fails closed: without a key nothing is passed on, in either direction; what does not open is dropped.
 */
import type { Bytes } from "../../crypto/bytes";
import { type Codec, codecOf } from "./clear";
import { FrameOpener, FrameSealer } from "./frame-box";
import type { FrameKey } from "./sframe";

/** `id` names one transform: a sender's, or one receiver's. */
export type ToWorker =
  | { kind: "seal"; id: string; key: FrameKey }
  | { kind: "open"; id: string; key: FrameKey }
  | { kind: "forget"; id: string; kid: bigint }
  | { kind: "streams"; id: string; role: Role; codec: Codec; rids: readonly string[]; readable: ReadableStream; writable: WritableStream };
export type Role = "seal" | "open";
export interface TransformOptions {
  id: string;
  role: Role;
  codec: Codec;
  /** Of a picture that is sent in several sizes, their names. */
  rids: readonly string[];
}
/** How many frames passed and were dropped, so that the page can tell that a transform really runs. */
export interface FromWorker {
  id: string;
  passed: number;
  dropped: number;
}

interface Frame {
  data: ArrayBuffer;
  getMetadata?(): { mimeType?: string };
}
interface Transformer {
  /** Of a video sender's. */
  generateKeyFrame?(rid?: string): Promise<unknown>;
  readable: ReadableStream<Frame>;
  writable: WritableStream<Frame>;
  options: TransformOptions;
}
interface Scope {
  onrtctransform: ((event: { transformer: Transformer }) => void) | null;
  onmessage: ((event: { data: ToWorker }) => void) | null;
  postMessage(words: FromWorker): void;
}

/** A frame under a key that is on its way waits this long for it; behind it all others do. */
const KEY_WAIT_MS = 600;
const TELL_MS = 500;

const scope = self as unknown as Scope;
const sealers = new Map<string, FrameSealer>();
const openers = new Map<string, FrameOpener>();
const transformers = new Map<string, Transformer>();
const awaited = new Map<string, Set<() => void>>();

function of<T>(all: Map<string, T>, id: string, make: () => T): T {
  let found = all.get(id);
  if (!found) all.set(id, (found = make()));
  return found;
}

const sealerOf = (id: string): FrameSealer => of(sealers, id, () => new FrameSealer());
const openerOf = (id: string): FrameOpener => of(openers, id, () => new FrameOpener());

function keyCame(id: string): Promise<void> {
  return new Promise((resolve) => {
    const waiting = of(awaited, id, () => new Set<() => void>());
    const done = (): void => {
      clearTimeout(timer);
      waiting.delete(done);
      resolve();
    };
    const timer = setTimeout(done, KEY_WAIT_MS);
    waiting.add(done);
  });
}

async function opened(id: string, codec: Codec, data: Bytes, patience: { left: boolean }): Promise<Bytes | null> {
  const opener = openerOf(id);
  let result = await opener.open(codec, data);
  if (result === "no-key" && patience.left) {
    await keyCame(id);
    result = await opener.open(codec, data);
    // One wait for one missing key: a sender whose key never comes must not hold the pipe for ever.
    patience.left = result !== "no-key";
  }
  if (typeof result === "string") return null;
  patience.left = true;
  return result;
}

function run({ id, role, codec }: Omit<TransformOptions, "rids">, readable: ReadableStream<Frame>, writable: WritableStream<Frame>): void {
  const counts = { id, passed: 0, dropped: 0 };
  const patience = { left: true };
  let told = 0;
  const change = async (frame: Frame, controller: TransformStreamDefaultController<Frame>): Promise<void> => {
    // Empty frames come out of some jitter buffers; there is nothing in them to pass on.
    if (frame.data.byteLength > 0) {
      const data = new Uint8Array(frame.data);
      const stated = codecOf(frame.getMetadata?.().mimeType ?? "") ?? codec;
      const result = role === "seal" ? await sealerOf(id).seal(stated, data) : await opened(id, stated, data, patience);
      if (result) {
        frame.data = result.buffer;
        controller.enqueue(frame);
        counts.passed += 1;
      } else counts.dropped += 1;
    }
    if (performance.now() - told > TELL_MS) {
      told = performance.now();
      scope.postMessage({ ...counts });
    }
  };
  const done = readable.pipeThrough(new TransformStream({ transform: change })).pipeTo(writable);
  // The connection was closed: nothing more will come, and nobody waits for anything.
  done.catch(() => undefined);
}

/** Who learns the new key shall see a picture at once: the next frame stands by itself. */
function startAnew(id: string): void {
  const transformer = transformers.get(id);
  const rids = transformer?.options.rids.length ? transformer.options.rids : [undefined];
  // Refused while nothing is being sent; then there is no picture to renew.
  for (const rid of rids) transformer?.generateKeyFrame?.(rid).catch(() => undefined);
}

scope.onrtctransform = ({ transformer }) => {
  if (transformer.options.role === "seal" && transformer.options.codec !== "opus") transformers.set(transformer.options.id, transformer);
  run(transformer.options, transformer.readable, transformer.writable);
};
scope.onmessage = ({ data }) => {
  if (data.kind === "streams") return run(data, data.readable, data.writable);
  if (data.kind === "seal") {
    sealerOf(data.id).use(data.key);
    return startAnew(data.id);
  }
  if (data.kind === "forget") return openerOf(data.id).forget(data.kid);
  openerOf(data.id).learn(data.key);
  for (const done of awaited.get(data.id) ?? []) done();
};
