/**
 * How many bytes at the front of an encoded frame stay readable, because packetizers and jitter buffers read them.
 *
 * They are authenticated all the same. AV1 has no such number: its packetizer rewrites the frame, so it is never negotiated.
 */
import type { Bytes } from "../../crypto/bytes";

export type Codec = "opus" | "vp8" | "vp9" | "h264";

/** VP8 (RFC 6386 9.1): the frame tag, and of a key frame also start code and size. */
const VP8_KEY = 10;
const VP8_DELTA = 1;

export function codecOf(mimeType: string): Codec | null {
  const name = mimeType.toLowerCase().replace(/^(audio|video)\//, "");
  return name === "opus" || name === "vp8" || name === "vp9" || name === "h264" ? name : null;
}

export function clearBytes(codec: Codec, frame: Bytes): number {
  switch (codec) {
    case "opus":
    case "vp9":
      return 0;
    case "vp8":
      return Math.min(frame.length, ((frame[0] ?? 1) & 1) === 0 ? VP8_KEY : VP8_DELTA);
    case "h264":
      return sliceHeader(frame);
  }
}

/** Annex B: everything through the first slice's NAL header and one byte more (parameter sets stay readable). */
function sliceHeader(frame: Bytes): number {
  for (let at = 0; at + 4 < frame.length; at++) {
    if (frame[at] !== 0 || frame[at + 1] !== 0 || frame[at + 2] !== 1) continue;
    const type = (frame[at + 3] ?? 0) & 0x1f;
    if (type === 1 || type === 5) return Math.min(frame.length, at + 5);
  }
  return frame.length;
}

/** RBSP (ITU-T H.264 7.4.1): no start code may appear inside a NAL unit, so ciphertext is escaped like any other payload. */
export function escape(data: Bytes): Bytes {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of data) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(out);
}

export function unescape(data: Bytes): Bytes {
  const out: number[] = [];
  let zeros = 0;
  for (let i = 0; i < data.length; i++) {
    const byte = data[i] ?? 0;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(out);
}
