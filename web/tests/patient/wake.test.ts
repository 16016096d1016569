import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WakeLock } from "../../src/patient/wake";

/** Screen Wake Lock (W3C screen-wake-lock): a hidden document gets none, and loses the one that it has. */
class Screen extends EventTarget {
  visibilityState = "visible";
  readonly locks: { released: boolean; release: () => Promise<void> }[] = [];
  refuse = false;
  slow: Promise<void> = Promise.resolve();

  request = async (): Promise<unknown> => {
    await this.slow;
    if (this.refuse || this.visibilityState !== "visible") throw new DOMException("", "NotAllowedError");
    const lock = { released: false, release: (): Promise<void> => Promise.resolve(void (lock.released = true)) };
    this.locks.push(lock);
    return lock;
  };

  turn(visibility: "visible" | "hidden"): void {
    this.visibilityState = visibility;
    if (visibility === "hidden") for (const lock of this.locks) lock.released = true;
    this.dispatchEvent(new Event("visibilitychange"));
  }

  get held(): number {
    return this.locks.filter((lock) => !lock.released).length;
  }
}

describe("the screen while somebody waits or talks", () => {
  let screen: Screen;
  const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

  beforeEach(() => {
    screen = new Screen();
    vi.stubGlobal("document", screen);
    vi.stubGlobal("navigator", { wakeLock: { request: screen.request } });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("stays on from when it is wanted until it is not", async () => {
    const wake = new WakeLock();
    await settled();
    expect(screen.held).toBe(0);
    wake.wanted = true;
    await settled();
    expect(screen.held).toBe(1);
    wake.wanted = false;
    await settled();
    expect(screen.held).toBe(0);
  });

  it("is asked for again when the page is seen again, and not while it is hidden", async () => {
    const wake = new WakeLock();
    wake.wanted = true;
    await settled();
    for (let time = 1; time < 4; time++) {
      screen.turn("hidden");
      await settled();
      expect([screen.held, screen.locks.length]).toEqual([0, time]);
      screen.turn("visible");
      await settled();
      expect([screen.held, screen.locks.length]).toEqual([1, time + 1]);
    }
    wake.wanted = false;
    screen.turn("hidden");
    screen.turn("visible");
    await settled();
    expect(screen.held).toBe(0);
  });

  it("is held once, and let go, however often it was wanted while the browser made up its mind", async () => {
    let decide = (): void => undefined;
    screen.slow = new Promise((done) => (decide = done));
    const wake = new WakeLock();
    wake.wanted = true;
    wake.wanted = true;
    screen.turn("visible");
    decide();
    await settled();
    expect(screen.held).toBe(1);
    wake.wanted = false;
    await settled();
    expect(screen.held).toBe(0);
  });

  it("is let go when it is given after it was no longer wanted", async () => {
    const wake = new WakeLock();
    wake.wanted = true;
    wake.wanted = false;
    await settled();
    expect(screen.held).toBe(0);
  });

  it("may be refused, and is asked for again later", async () => {
    screen.refuse = true;
    const wake = new WakeLock();
    wake.wanted = true;
    await settled();
    expect(screen.held).toBe(0);
    screen.refuse = false;
    screen.turn("visible");
    await settled();
    expect(screen.held).toBe(1);
  });

  it("is nothing where the browser has none", async () => {
    vi.stubGlobal("navigator", {});
    const wake = new WakeLock();
    wake.wanted = true;
    await settled();
    wake.wanted = false;
    expect(screen.locks).toEqual([]);
  });
});
