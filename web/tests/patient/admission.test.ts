import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MediaChoice, PatientView } from "../../src/lib/types";
import type { RoomStore } from "../../src/patient/store";

/** What of the call is asked for; the call itself has its tests with real browsers (tests/web/test_call.py). */
const call = vi.hoisted(() => ({ prepare: vi.fn(), start: vi.fn(), setHold: vi.fn(), pause: vi.fn(), close: vi.fn(), setMuted: vi.fn(), setCamera: vi.fn() }));
vi.mock("../../src/call/join", () => ({ joinCall: () => ({ call, leave: () => undefined, attach: () => undefined }) }));
vi.mock("../../src/chat/identity", () => ({ speakFor: () => undefined }));
vi.mock("../../src/patient/visit", () => ({ Visit: null }));
vi.mock("../../src/patient/call-more", () => ({ climb: () => ({ close: () => undefined }), keepDevices: () => ({ close: () => undefined, watch: () => undefined }) }));

const { Admission } = await import("../../src/patient/admission");

class Track {
  live = true;
  constructor(readonly kind: string) {}
  stop = (): void => void (this.live = false);
}

class Stream {
  readonly tracks: Track[];
  constructor(wish: MediaStreamConstraints) {
    this.tracks = [...(wish.audio ? [new Track("audio")] : []), ...(wish.video ? [new Track("video")] : [])];
  }
  getTracks = (): Track[] => this.tracks;
  getVideoTracks = (): Track[] => this.tracks.filter((one) => one.kind === "video");
  removeTrack = (track: Track): void => void this.tracks.splice(this.tracks.indexOf(track), 1);
}

describe("admission", () => {
  const page = { visibilityState: "visible" };
  let opened: Stream[];
  let asked: MediaStreamConstraints[];

  beforeEach(() => {
    vi.useFakeTimers();
    for (const one of Object.values(call)) one.mockReset().mockResolvedValue(undefined);
    [opened, asked, page.visibilityState] = [[], [], "visible"];
    const getUserMedia = (wish: MediaStreamConstraints): Promise<Stream> => {
      asked.push(wish);
      opened.push(new Stream(wish));
      return Promise.resolve(opened.at(-1)!);
    };
    vi.stubGlobal("document", page);
    vi.stubGlobal("window", { isSecureContext: true });
    vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
    vi.stubGlobal("addEventListener", () => undefined);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const waiting = { stage: "waiting", entry: { position: 1, media: "video" }, call: { topic: "visit:one" }, visit: {} } as unknown as PatientView;
  const admitted = { ...waiting, stage: "in-visit", entry: { media: "video" } } as unknown as PatientView;

  function room(touched: boolean, media: MediaChoice = "video") {
    const view = signal(waiting);
    const fake = { view, live: { state: signal("online") }, touched: signal(touched), media: signal(media), handoff: { api: null }, keys: () => Promise.resolve(null) };
    return { view, touched: fake.touched, admission: new Admission(fake as unknown as RoomStore) };
  }

  const seconds = (some: number): Promise<unknown> => vi.advanceTimersByTimeAsync(some * 1_000);
  const live = (): string[] => opened.flatMap((one) => one.tracks.filter((track) => track.live).map((track) => track.kind));

  it("opens no device and sends nothing while somebody waits, with the call already prepared", async () => {
    room(true);
    await seconds(30);
    expect(call.prepare).toHaveBeenCalled();
    expect([asked, call.start.mock.calls]).toEqual([[], []]);
  });

  it("counts three, two, one with the own picture on, and only then sends", async () => {
    const { view, admission } = room(true);
    view.value = admitted;
    const seen: number[] = [];
    for (let second = 0; second < 3; second++) {
      await seconds(0.5);
      seen.push(admission.count.value);
      expect([admission.step.value, live(), call.start.mock.calls]).toEqual(["count", ["audio", "video"], []]);
      await seconds(0.5);
    }
    expect(seen).toEqual([3, 2, 1]);
    expect(admission.step.value).toBe("call");
    expect(call.start.mock.calls).toEqual([[opened[0]]]);
  });

  it.each([
    ["a hidden page or a locked screen", "hidden", true],
    ["a page nobody has touched", "visible", false],
  ])("of %s opens nothing and sends nothing, however long, until it is touched", async (_what, visibility, touched) => {
    const { view, admission } = room(touched);
    page.visibilityState = visibility;
    view.value = admitted;
    await seconds(600);
    page.visibilityState = "visible"; // seen again: that alone is no consent
    await seconds(60);
    expect([admission.step.value, asked, call.start.mock.calls]).toEqual(["touch", [], []]);
    admission.begin("video"); // the tap
    await seconds(2.9);
    expect([live(), call.start.mock.calls]).toEqual([["audio", "video"], []]);
    await seconds(0.2);
    expect(call.start.mock.calls).toEqual([[opened[0]]]);
  });

  it.each([0.2, 1.5, 2.9])("waits when told %s s into the count: everything closes, the other side is told, nothing was sent", async (after) => {
    const { view, admission } = room(true);
    view.value = admitted;
    await seconds(after);
    admission.hold();
    expect([admission.step.value, live(), call.setHold.mock.lastCall]).toEqual(["hold", [], [true]]);
    await seconds(300);
    expect(call.start.mock.calls).toEqual([]);
    admission.begin("video");
    await seconds(3.1);
    expect([admission.step.value, call.setHold.mock.lastCall, call.start.mock.calls]).toEqual(["call", [false], [[opened.at(-1)]]]);
  });

  it("closes a camera whose answer comes after it was given up", async () => {
    const { view, admission } = room(true);
    let answer = (_stream: Stream): void => undefined;
    vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: () => new Promise((done) => (answer = done)) } });
    view.value = admitted;
    await seconds(1);
    admission.hold();
    opened.push(new Stream({ video: true, audio: true }));
    answer(opened[0]!);
    await seconds(5);
    expect([live(), admission.own.value, call.start.mock.calls]).toEqual([[], null, []]);
  });

  it("starts with the voice only when that is chosen during the count", async () => {
    const { view, admission } = room(true);
    view.value = admitted;
    await seconds(1);
    await admission.voiceOnly();
    expect([admission.step.value, live(), admission.cameraOn.value]).toEqual(["call", ["audio"], false]);
    expect(call.start.mock.calls.length).toBe(1);
  });

  it("closes everything when the person is put back, and opens nothing in the line", async () => {
    const { view, admission } = room(true);
    view.value = admitted;
    await seconds(4);
    const before = asked.length;
    view.value = waiting;
    await seconds(60);
    expect([admission.step.value, live(), asked.length]).toEqual(["touch", [], before]);
  });
});
