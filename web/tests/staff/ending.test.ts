import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Ending, UNDO_MS } from "../../src/staff/ending";
import type { Row } from "../../src/staff/types";

const row = { id: "a", visit: { id: "v", status: "in-progress", version: 2 } } as Row;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("a visit that is being ended", () => {
  it("is ended after ten seconds, once", async () => {
    const commit = vi.fn(async () => undefined);
    const ending = new Ending(commit);
    ending.begin(row);
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1);
    expect(commit).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(commit).toHaveBeenCalledExactlyOnceWith(row, false);
    expect(ending.row.value).toBeNull();
  });

  it("is not ended when it was taken back", async () => {
    const commit = vi.fn(async () => undefined);
    const ending = new Ending(commit);
    ending.begin(row);
    expect(ending.undo()).toBe(row);
    await vi.advanceTimersByTimeAsync(2 * UNDO_MS);
    expect(commit).not.toHaveBeenCalled();
  });

  it("is ended at once when the page closes", async () => {
    const commit = vi.fn(async () => undefined);
    const ending = new Ending(commit);
    ending.begin(row);
    await ending.finish(true);
    expect(commit).toHaveBeenCalledExactlyOnceWith(row, true);
    await vi.advanceTimersByTimeAsync(2 * UNDO_MS);
    expect(commit).toHaveBeenCalledOnce();
  });
});
