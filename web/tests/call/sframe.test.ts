/** Frames sealed end to end, against RFC 9605's vectors and against whoever stands in the middle. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openCurves } from "../../src/crypto/curves";
import { type Bytes, concat } from "../../src/crypto/bytes";
import { ephemeralOf } from "../../src/call/relay/ephemeral";
import { clearBytes, codecOf, escape, unescape } from "../../src/call/relay/clear";
import { FrameOpener, FrameSealer } from "../../src/call/relay/frame-box";
import { frameKey, kidOf, OwnKeys, type SenderSecret } from "../../src/call/relay/keys";
import { AES_128, AES_256, decodeHeader, decrypt, deriveKey, deriveRaw, encodeHeader, encrypt, nonceOf } from "../../src/call/relay/sframe";

interface Vectors {
  header: { kid: bigint; ctr: bigint; encoded: string }[];
  sframe: { cipher_suite: bigint; kid: bigint; ctr: bigint; base_key: string; sframe_key: string; sframe_salt: string; nonce: string; metadata: string; pt: string; ct: string }[];
}
// 64-bit integers: JSON.parse alone would round them.
const text = readFileSync(new URL("../../../tests/data/sframe/test-vectors.json", import.meta.url), "utf8");
const vectors = JSON.parse(text.replace(/: (\d+)/g, ': "$1n"'), (_key, value: unknown) =>
  typeof value === "string" && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
) as Vectors;
const unhex = (hex: string): Bytes => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (raw: Bytes): string => Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join("");

describe("claim 35: RFC 9605", () => {
  it("encodes and decodes all 289 headers", () => {
    expect(vectors.header).toHaveLength(289);
    for (const { kid, ctr, encoded } of vectors.header) {
      expect(hex(encodeHeader(kid, ctr))).toBe(encoded);
      expect(decodeHeader(unhex(encoded))).toEqual({ kid, ctr, size: encoded.length / 2 });
      for (let cut = 0; cut < encoded.length / 2; cut++) expect(decodeHeader(unhex(encoded).slice(0, cut))).toBeNull();
    }
  });

  it.each([AES_128, AES_256])("seals and opens the frame of suite $id", async (suite) => {
    const one = vectors.sframe.find(({ cipher_suite }) => cipher_suite === BigInt(suite.id));
    if (!one) throw new Error("no vector");
    const raw = await deriveRaw(suite, one.kid, unhex(one.base_key));
    expect(hex(raw.key)).toBe(one.sframe_key);
    expect(hex(raw.salt)).toBe(one.sframe_salt);
    expect(hex(nonceOf(raw.salt, one.ctr))).toBe(one.nonce);
    const key = await deriveKey(suite, one.kid, unhex(one.base_key));
    const sealed = await encrypt(key, one.ctr, unhex(one.metadata), unhex(one.pt));
    expect(hex(sealed)).toBe(one.ct);
    const header = decodeHeader(sealed);
    expect(header && hex((await decrypt(key, header, sealed, unhex(one.metadata))) ?? new Uint8Array())).toBe(one.pt);
  });
});

const secret = (gen: number, fill = 7): SenderSecret => ({ gen, slot: 3, secret: new Uint8Array(32).fill(fill) });
const keyOf = (gen: number, fill = 7) => frameKey("call", "seat", "sid", secret(gen, fill), "video");
const VP8_KEY = Uint8Array.from({ length: 60 }, (_, i) => (i === 0 ? 0x10 : i));
const VP8_DELTA = Uint8Array.from({ length: 60 }, (_, i) => (i === 0 ? 0x11 : i));

async function pair(gen = 0): Promise<{ sealer: FrameSealer; opener: FrameOpener }> {
  const [sealer, opener] = [new FrameSealer(), new FrameOpener()];
  sealer.use(await keyOf(gen));
  opener.learn(await keyOf(gen));
  return { sealer, opener };
}

describe("frames", () => {
  it("leaves readable only what a packetizer must read", async () => {
    const { sealer } = await pair();
    const key = (await sealer.seal("vp8", VP8_KEY)) as Bytes;
    const delta = (await sealer.seal("vp8", VP8_DELTA)) as Bytes;
    expect(key.slice(0, 10)).toEqual(VP8_KEY.slice(0, 10));
    expect([key.at(-1), delta.at(-1)]).toEqual([10, 1]);
    expect(clearBytes("opus", VP8_KEY)).toBe(0);
    expect(clearBytes("vp9", VP8_KEY)).toBe(0);
  });

  it.each(["opus", "vp8", "vp9", "h264"] as const)("come back as they were: %s", async (codec) => {
    const { sealer, opener } = await pair();
    const h264 = concat(Uint8Array.of(0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x65, 0x88), VP8_KEY);
    for (const frame of [codec === "h264" ? h264 : VP8_KEY, codec === "h264" ? h264 : VP8_DELTA]) {
      const sealed = (await sealer.seal(codec, frame)) as Bytes;
      expect(await opener.open(codec, sealed)).toEqual(frame);
    }
  });

  it("are refused when any one bit of them differs, the clear bytes and their count included", async () => {
    const { sealer } = await pair();
    const sealed = (await sealer.seal("vp8", VP8_DELTA)) as Bytes;
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const { opener } = await pair();
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await opener.open("vp8", changed)).toBeTypeOf("string");
    }
  });

  it("of any length are opened or refused, never a failure", async () => {
    const { opener } = await pair();
    for (let size = 0; size < 40; size++) {
      for (const codec of ["opus", "vp8", "h264"] as const) expect(await opener.open(codec, new Uint8Array(size).fill(size))).toBeTypeOf("string");
    }
  });

  it("claim 36: a replayed frame is dropped", async () => {
    const { sealer, opener } = await pair();
    const sealed = (await sealer.seal("vp8", VP8_DELTA)) as Bytes;
    expect(await opener.open("vp8", sealed)).toEqual(VP8_DELTA);
    expect(await opener.open("vp8", sealed)).toBe("refused");
  });

  it("claim 36: one far behind the newest is dropped, one a little behind is not", async () => {
    const { sealer, opener } = await pair();
    const frames: Bytes[] = [];
    for (let i = 0; i < 1100; i++) frames.push((await sealer.seal("opus", VP8_DELTA)) as Bytes);
    expect(await opener.open("opus", frames[1099] as Bytes)).toEqual(VP8_DELTA);
    expect(await opener.open("opus", frames[500] as Bytes)).toEqual(VP8_DELTA);
    expect(await opener.open("opus", frames[10] as Bytes)).toBe("refused");
  });

  it("claim 38: no counter comes twice under a key, whatever is asked for again, and a new key begins anew", async () => {
    const sealer = new FrameSealer();
    const seen = new Set<string>();
    const take = async (): Promise<void> => {
      const sealed = (await sealer.seal("opus", VP8_DELTA)) as Bytes;
      const { kid, ctr } = decodeHeader(sealed.slice(0, -1)) ?? { kid: -1n, ctr: -1n };
      expect(seen.has(`${kid} ${ctr}`)).toBe(false);
      seen.add(`${kid} ${ctr}`);
    };
    const [first, second] = [await keyOf(0), await keyOf(1)];
    for (const key of [first, first, second, second]) {
      sealer.use(key); // a mute, a renegotiation, a rebuilt connection say it again
      for (let i = 0; i < 20; i++) await take();
    }
    await Promise.all(Array.from({ length: 20 }, take)); // layers of one track at once
    expect(seen.size).toBe(100);
  });

  it("claim 41: without a key nothing is sealed, so nothing is sent", async () => {
    expect(await new FrameSealer().seal("vp8", VP8_KEY)).toBeNull();
    expect(await new FrameOpener().open("vp8", VP8_KEY)).toBeTypeOf("string");
  });

  it("claim 37: who joins later opens nothing from before, who left nothing after", async () => {
    const { sealer, opener } = await pair(4);
    const before = (await sealer.seal("vp8", VP8_DELTA)) as Bytes;
    const next = await keyOf(5, 9);
    sealer.use(next);
    const after = (await sealer.seal("vp8", VP8_DELTA)) as Bytes;
    const newcomer = new FrameOpener();
    newcomer.learn(next);
    expect(await newcomer.open("vp8", after)).toEqual(VP8_DELTA);
    expect(await newcomer.open("vp8", before)).toBe("refused"); // older than what it has: not even waited for
    expect(await opener.open("vp8", after)).toBe("no-key");
  });

  it("escapes what would look like a start code, and only that", () => {
    const raw = Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 5, 0, 0);
    expect(hex(escape(raw))).not.toMatch(/00000[012]/);
    expect(unescape(escape(raw))).toEqual(raw);
  });

  it("knows no AV1", () => {
    expect(codecOf("video/AV1")).toBeNull();
    expect(codecOf("video/VP8")).toBe("vp8");
  });
});

describe("sender keys", () => {
  const between = { callId: "c", from: "a", fromSid: "s1", to: "b", toSid: "s2" };

  it.each(["native", "noble"] as const)("are opened by whom they are for, when they come from whom they say (%s)", async (mode) => {
    const curves = await openCurves(mode);
    const [a, b, mallory] = [new OwnKeys(await ephemeralOf(curves.suite)), new OwnKeys(await ephemeralOf(curves.suite)), new OwnKeys(await ephemeralOf(curves.suite))];
    const kem = (keys: OwnKeys): string => Buffer.from(keys.pair.pub).toString("base64url");
    const own = a.renew();
    const sealed = await a.sealTo(kem(b), between);
    if (!sealed) throw new Error("no key");
    expect((await b.openFrom(kem(a), between, sealed)).secret).toEqual(own.secret);
    await expect(mallory.openFrom(kem(a), between, sealed)).rejects.toThrow();
    await expect(b.openFrom(kem(mallory), between, sealed)).rejects.toThrow();
    for (const name of ["callId", "from", "fromSid", "to", "toSid"] as const) {
      await expect(b.openFrom(kem(a), { ...between, [name]: "other" }, sealed)).rejects.toThrow();
    }
    await expect(b.openFrom(kem(a), between, { ...sealed, gen: 1 })).rejects.toThrow();
    mallory.renew();
    const forged = await mallory.sealTo(kem(b), between);
    await expect(b.openFrom(kem(a), between, forged ?? sealed)).rejects.toThrow();
  });

  it("differ by generation, track, seat and session", async () => {
    const all = [
      await frameKey("c", "a", "s", secret(0), "video"), await frameKey("c", "a", "s", secret(0), "audio"),
      await frameKey("c", "a", "s", secret(1), "video"), await frameKey("c", "b", "s", secret(0), "video"), await frameKey("c", "a", "t", secret(0), "video"),
    ];
    expect(new Set(all.map(({ salt }) => hex(salt))).size).toBe(all.length);
    expect(kidOf(2, 3, "video")).toBe(0b1_0000_0000n | 0b1101n);
  });
});
