/** The one rule that may stop a call, and the words for what a connection is like. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { sdpFingerprints } from "../../src/call/fingerprints";
import { judgeQuality, SilenceWatch } from "../../src/call/quality";
import { Backoff } from "../../src/call/retry";
import { judge, PATIENCE_MS, PeerProof } from "../../src/call/security";
import type { CallStats } from "../../src/call/stats";

const A = "sha-256 AA:01";
const B = "sha-256 BB:02";
const sdp = (...prints: string[]): string => ["v=0", ...prints.map((one) => `a=fingerprint:${one}`), ""].join("\r\n");

describe("judge", () => {
  it("stops only on a certificate that nobody signed for", () => {
    expect(judge([A], [A], A)).toBe("verified");
    expect(judge([A, B], [A], B)).toBe("verified");
    expect(judge([A], [A], null)).toBe("verified");
    expect(judge([A], [A], B)).toBe("mismatch");
    expect(judge([A], [B], A)).toBe("mismatch");
    expect(judge([], [A], A)).toBe("mismatch");
  });

  it("takes no comfort from a right certificate beside a wrong one", () => {
    expect(judge([A], [A, B], A)).toBe("mismatch");
  });

  it("lets everything that is merely unknown go on", () => {
    expect(judge(null, [A], B)).toBe("unconfirmed");
    expect(judge([A], [], null)).toBe("unconfirmed");
  });
});

it("fingerprints are read at every level, once, in the written form", () => {
  expect(sdpFingerprints(sdp("SHA-256 aa:01", "sha-256 AA:01", "sha-256 bb:02"))).toEqual([A, B]);
  expect(sdpFingerprints("v=0\na=setup:actpass\n")).toEqual([]);
});

describe("PeerProof", () => {
  afterEach(() => vi.useRealTimers());
  const report = (error: unknown): void => {
    throw error;
  };
  const knows = (signed: string[] | null) => ({ verify: async () => signed && { fingerprints: signed, ephKemPub: "" } });

  it("never forgets a signature for a later hello without one", async () => {
    const proof = new PeerProof();
    await proof.claim(knows([A]), "call", { sig: "x" }, report);
    await proof.claim(knows([A]), "call", null, report);
    await proof.claim(knows(null), "call", { sig: "broken" }, report);
    expect(proof.allows(sdp(A))).toBe(true);
    expect(proof.allows(sdp(B))).toBe(false);
  });

  it("waits for the key state, but not for ever", async () => {
    vi.useFakeTimers();
    const proof = new PeerProof();
    void proof.claim({ verify: () => new Promise(() => undefined) }, "call", {}, report);
    const settled = vi.fn();
    void proof.settled().then(settled);
    await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toHaveBeenCalled();
    expect(proof.allows(sdp(B))).toBe(true);
  });

  it("tells of a key service that failed, and goes on unconfirmed", async () => {
    const told = vi.fn();
    const proof = new PeerProof();
    await proof.claim({ verify: () => Promise.reject(new Error("offline")) }, "call", {}, told);
    expect(told).toHaveBeenCalledOnce();
    expect(proof.allows(sdp(B))).toBe(true);
  });
});

const stats = (packetsReceived: number, packetsLost = 0, rttMs = 20): CallStats => ({
  at: 0, framesDecoded: 0, framesSent: 0, packetsReceived, packetsLost, packetsSent: 0, bytesSent: 0, bytesReceived: 0, rttMs, route: "direct", relayProtocol: null,
});

it("quality is a word about the time between two looks", () => {
  expect(judgeQuality(null, stats(10), true)).toBe("unknown");
  expect(judgeQuality(stats(0), stats(100), true)).toBe("good");
  expect(judgeQuality(stats(0), stats(90, 10), true)).toBe("weak");
  expect(judgeQuality(stats(0), stats(100, 0, 900), true)).toBe("weak");
  expect(judgeQuality(stats(50), stats(50), true)).toBe("silent");
  expect(judgeQuality(stats(50), stats(50), false)).toBe("unknown");
});

it("silence acts after its limit, and then rests", () => {
  const watch = new SilenceWatch(2000, 10_000);
  const heard = [0, 1000, 2000, 3000, 11_999, 12_000].map((at) => watch.heard("silent", at));
  expect(heard).toEqual([false, false, true, false, false, true]);
  expect(watch.heard("good", 13_000)).toBe(false);
  expect([22_500, 24_499, 24_500].map((at) => watch.heard("silent", at))).toEqual([false, false, true]);
});

it("a backoff waits longer each time it fired for nothing, and short again after success", () => {
  vi.useFakeTimers();
  const fired: number[] = [];
  const begun = Date.now();
  const backoff = new Backoff(1000, 3000);
  const act = (): void => {
    fired.push(Date.now() - begun);
    if (fired.length < 4) backoff.arm(act);
  };
  backoff.arm(act);
  backoff.arm(act);
  vi.advanceTimersByTime(20_000);
  expect(fired).toEqual([1000, 2600, 5160, 8160]);
  backoff.reset();
  backoff.arm(act);
  vi.advanceTimersByTime(1000);
  expect(fired).toHaveLength(5);
  vi.useRealTimers();
});
