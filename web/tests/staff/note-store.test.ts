import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "../../src/lib/api";
import { merge, NoteStore, type Drafts } from "../../src/staff/note-store";

/** A server of one note: refuses what was written upon an older one, or everything. */
class Server {
  note = { version: 0, text: "", saved_at: null as string | null };
  away = false;
  puts = 0;
  async get<T>(): Promise<T> {
    if (this.away) throw new Problem(0, "offline", "");
    return { ...this.note } as T;
  }
  async put<T>(_path: string, body: unknown): Promise<T> {
    if (this.away) throw new Problem(0, "offline", "");
    const { version, text } = body as { version: number; text: string };
    if (version !== this.note.version) throw new Problem(409, "stale-version", "");
    this.puts++;
    this.note = { version: version + 1, text, saved_at: "2031-05-05T10:00:00Z" };
    return { ...this.note } as T;
  }
}

class Kept implements Drafts {
  readonly all = new Map<string, unknown>();
  get = (name: string): Promise<unknown> => Promise.resolve(this.all.get(name) ?? null);
  put = (name: string, value: unknown): Promise<void> => Promise.resolve(void this.all.set(name, value));
  remove = (name: string): Promise<void> => Promise.resolve(void this.all.delete(name));
}

const quiet = { addEventListener: () => undefined, removeEventListener: () => undefined };

describe("a provider's notes", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("document", { ...quiet, visibilityState: "visible" });
    vi.stubGlobal("addEventListener", quiet.addEventListener);
    vi.stubGlobal("removeEventListener", quiet.removeEventListener);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
  const open = async (server: Server, kept: Kept | null = new Kept()): Promise<NoteStore> => {
    const notes = new NoteStore(server, "v", Promise.resolve(kept));
    await notes.load();
    await settle();
    return notes;
  };

  it("are saved in a pause, and while somebody never pauses", async () => {
    const server = new Server();
    const notes = await open(server);
    for (let i = 1; i <= 100; i++) {
      notes.write("x".repeat(i));
      await settle(100);
    }
    expect(server.puts).toBeGreaterThanOrEqual(2);
    expect(server.puts).toBeLessThanOrEqual(4);
    await settle(1_000);
    expect([server.note.text.length, notes.state.value]).toEqual([100, "saved"]);
  });

  it("survive a crash while the server is away, and are saved by the next page", async () => {
    const [server, kept] = [new Server(), new Kept()];
    const notes = await open(server, kept);
    notes.write("before");
    await settle(1_000);
    server.away = true;
    notes.write("before and after");
    await settle(1_000);
    expect(notes.state.value).toBe("unsaved"); // and then this page is gone, without a word
    server.away = false;
    const next = await open(server, kept);
    await settle(1_000);
    expect([next.text.value, server.note.text, next.state.value]).toEqual(["before and after", "before and after", "saved"]);
    expect(kept.all.size).toBe(0);
  });

  it("say so where nothing can be kept, and go on trying", async () => {
    const server = new Server();
    const notes = await open(server, null);
    server.away = true;
    notes.write("text");
    await settle(1_000);
    expect(notes.state.value).toBe("unkept");
    server.away = false;
    await settle(5_000);
    expect([server.note.text, notes.state.value]).toEqual(["text", "saved"]);
  });

  it("of two windows lose nothing of either", async () => {
    const server = new Server();
    const [one, other] = [await open(server), await open(server)];
    one.write("Sleeps badly.");
    await settle(1_000);
    other.write("Asked about pain.");
    await settle(1_000);
    expect(server.note.text).toBe("Sleeps badly.\n\nAsked about pain.");
    expect([other.text.value, other.merged.value, one.merged.value]).toEqual([server.note.text, true, false]);
    one.write("Sleeps badly. Since May.");
    await settle(1_000);
    for (const part of ["Since May.", "Asked about pain."]) expect(server.note.text).toContain(part);
  });

  it("merge what grew from one text without doubling it", () => {
    expect(merge("a", "a b", "a c")).toBe("a b\n\nc");
    expect(merge("a", "a", "a c")).toBe("a c");
    expect(merge("a", "a b", "a")).toBe("a b");
    expect(merge("", "x", "x")).toBe("x");
  });
});
