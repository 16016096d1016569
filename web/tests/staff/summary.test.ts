import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Chat } from "../../src/chat/chat";
import type { Line } from "../../src/crypto/reading";
import { standing } from "../../src/staff/summary";

const line = (msgId: string, text: string, seq: number, mine = true): Line =>
  ({ msgId, seq, mine, staff: true, body: { t: "text", ts: 0, text, refs: [], files: [] } }) as unknown as Line;

function chatOf(...first: Line[]) {
  const lines = signal<readonly Line[]>(first);
  const chat = { lines, send: (text: string) => ((lines.value = [...lines.value, line("new", text, 0)]), Promise.resolve(true)) } as unknown as Chat;
  return { lines, chat };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("answers with the new message's id once the server has numbered it, not with an older one of the same words", async () => {
  const { lines, chat } = chatOf(line("old", "Rest", 7), line("hers", "Rest", 8, false));
  const found = vi.fn();
  void standing(chat, "Rest").then(found);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(found).not.toHaveBeenCalled();
  lines.value = [...lines.value.slice(0, 2), line("new", "Rest", 9)];
  await vi.advanceTimersByTimeAsync(0);
  expect(found).toHaveBeenCalledWith("new");
});

it("says so when it does not stand within half a minute, or was not kept", async () => {
  const { chat } = chatOf();
  const late = expect(standing(chat, "Rest")).rejects.toThrow("not there yet");
  await vi.advanceTimersByTimeAsync(30_000);
  await late;
  const unkept = { ...chat, lines: signal([]), send: () => Promise.resolve(false) } as unknown as Chat;
  await expect(standing(unkept, "Rest")).rejects.toThrow("not kept");
});
