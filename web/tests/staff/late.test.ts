import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Api } from "../../src/lib/api";
import type { LateLine } from "../../src/lib/types";
import { Late, TAKE_BACK_MS } from "../../src/staff/late";

function made(lines: Record<string, LateLine> = {}) {
  const sent: [string, unknown][] = [];
  const api = { post: (path: string, body: unknown) => (sent.push([path, body]), Promise.resolve({ told: 4 })) } as unknown as Api;
  const known = signal(lines);
  const late = new Late(api, "me", () => known.value, () => new Set(["me", "pool"]), (work) => work());
  return { late, sent, known };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("running late", () => {
  it("L confirms what is proposed, and asks when nothing is", async () => {
    const { late, sent, known } = made({ me: { minutes: 0, told: 0, proposed: 20 } });
    late.press();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toEqual([["/v1/late/me", { minutes: 20 }]]);
    expect(late.asking.value).toBe(false);
    known.value = {};
    late.press();
    expect(late.asking.value).toBe(true);
  });

  it("is taken back to what was said before, for ten seconds", async () => {
    const { late, sent } = made({ me: { minutes: 10, told: 2 } });
    await late.say("me", 30);
    expect(late.said.value?.told).toBe(4);
    await late.takeBack();
    expect(sent.at(-1)).toEqual(["/v1/late/me", { minutes: 10 }]);
    await late.say("me", 30);
    await vi.advanceTimersByTimeAsync(TAKE_BACK_MS);
    expect(late.said.value).toBeNull();
    await late.takeBack();
    expect(sent).toHaveLength(3);
  });

  it("shows my own line before my pools, and no colleague's", () => {
    const line = { minutes: 10, told: 1 };
    expect(made({ pool: line, other: line, me: line }).late.lines.value.map(([lane]) => lane)).toEqual(["me", "pool"]);
  });
});
