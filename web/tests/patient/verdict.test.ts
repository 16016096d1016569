import { describe, expect, it } from "vitest";
import { AUDIO_DELAY, AUDIO_KBPS, VIDEO_DELAY, VIDEO_KBPS, verdictOf, type Measured } from "../../src/patient/verdict";

const good: Measured = { kbps: 5_000, delay: 40, camera: "ok", microphone: "ok", way: true };
const judge = (wish: Partial<Measured>) => Object.values(verdictOf({ ...good, ...wish }));

describe("what a visit will be like", () => {
  it("is video when everything is good, to the border", () => {
    expect(judge({})).toEqual(["video", "ok"]);
    expect(judge({ kbps: VIDEO_KBPS, delay: VIDEO_DELAY })).toEqual(["video", "ok"]);
  });

  it("is sound without a camera or with a slow network, and says which", () => {
    expect(judge({ camera: "site-denied" })).toEqual(["audio", "camera"]);
    expect(judge({ kbps: VIDEO_KBPS - 1 })).toEqual(["audio", "network"]);
    expect(judge({ delay: VIDEO_DELAY + 1 })).toEqual(["audio", "network"]);
  });

  it("is the telephone without a microphone, a network or a way out", () => {
    expect(judge({ microphone: "absent" })).toEqual(["phone", "microphone"]);
    expect(judge({ kbps: AUDIO_KBPS - 1 })).toEqual(["phone", "network"]);
    expect(judge({ delay: AUDIO_DELAY + 1 })).toEqual(["phone", "network"]);
    expect(judge({ delay: Infinity, kbps: 0 })).toEqual(["phone", "network"]);
    expect(judge({ way: false })).toEqual(["phone", "network"]);
  });

  it("names the network before the devices: a mended microphone would not help", () => {
    expect(judge({ way: false, microphone: "absent", camera: "absent" })).toEqual(["phone", "network"]);
  });
});
