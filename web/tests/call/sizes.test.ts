import { describe, expect, it } from "vitest";
import { twoSizes } from "../../src/call/climbing";
import { encodings, shape } from "../../src/call/relay/sizes";

/** A sender as a browser has it: parameters are handed out as a copy and taken back whole. */
class Sender {
  encodings = encodings();
  sets = 0;

  constructor(
    readonly width = 1280,
    readonly height = 720,
  ) {}

  readonly track = { contentHint: "", getSettings: () => ({ width: this.width, height: this.height }) };

  getParameters(): { encodings: RTCRtpEncodingParameters[] } {
    return { encodings: structuredClone(this.encodings) };
  }

  async setParameters(parameters: { encodings: RTCRtpEncodingParameters[] }): Promise<void> {
    this.sets += 1;
    this.encodings = parameters.encodings;
  }

  async shaped(several: boolean): Promise<(boolean | undefined)[]> {
    await shape(this as unknown as RTCRtpSender, several);
    return this.encodings.map(({ active }) => active);
  }
}

describe("a picture in two sizes", () => {
  it("goes in the large one alone while one other is there, and in both for several", async () => {
    const sender = new Sender();
    expect(await sender.shaped(false)).toEqual([false, undefined]);
    expect(await sender.shaped(true)).toEqual([true, undefined]);
    const { sets } = sender;
    expect(await sender.shaped(true)).toEqual([true, undefined]);
    expect(sender.sets).toBe(sets);
    expect(await sender.shaped(false)).toEqual([false, undefined]);
  });

  it("is scaled in whole steps, to about the same small picture from any camera", async () => {
    for (const [width, height, scale] of [[1280, 720, 4], [720, 1280, 4], [640, 480, 2], [480, 640, 2]] as const) {
      const sender = new Sender(width, height);
      await sender.shaped(true);
      expect(sender.encodings[0]?.scaleResolutionDownBy).toBe(scale);
    }
  });

  it("has one size where the camera is small: Chromium would send the first of two alone", async () => {
    expect(await new Sender(320, 240).shaped(true)).toEqual([false, undefined]);
  });

  it("has one size where it is a screen: in small it could not be read", async () => {
    const sender = new Sender();
    sender.track.contentHint = "detail";
    expect(await sender.shaped(true)).toEqual([false, undefined]);
  });

  it("keeps the small size while our own line carries nothing else", async () => {
    const sender = new Sender();
    if (sender.encodings[1]) sender.encodings[1].active = false;
    expect(await sender.shaped(false)).toEqual([true, false]);
  });

  it("leaves a sender alone that has one size", async () => {
    const sender = new Sender();
    sender.encodings = [{}];
    expect(await sender.shaped(true)).toEqual([undefined]);
    expect(sender.sets).toBe(0);
  });

  it("rests in its large size on the ladder's small rung, and comes back", () => {
    const sizes = encodings();
    expect(twoSizes(sizes, true, "low")).toBe(true);
    expect(sizes.map(({ active }) => active)).toEqual([true, false]);
    expect(twoSizes(sizes, true, "low")).toBe(false);
    expect(twoSizes(sizes, false, "high")).toBe(true);
    expect(sizes.map(({ active, priority }) => [active, priority])).toEqual([[true, "high"], [true, "high"]]);
  });
});
