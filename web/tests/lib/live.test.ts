import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocketServer, WebSocket as Socket } from "ws";
import { Problem, type Api } from "../../src/lib/api";
import { Live, type LiveState } from "../../src/lib/live";

/** The server's half of docs/realtime-wire.md, as far as these tests need it, on a real socket. */
class Door {
  readonly server = new WebSocketServer({ port: 0 });
  readonly hellos: { ticket: string; cur: Record<string, number>; epoch?: string }[] = [];
  readonly heard: Record<string, unknown>[] = [];
  readonly asked: string[][] = [];
  sockets: Socket[] = [];
  heads: Record<string, number> = {};
  refuse: Problem | null = null;

  constructor() {
    this.server.on("connection", (socket) => {
      this.sockets.push(socket);
      socket.on("message", (data) => this.#onFrame(socket, JSON.parse(String(data)) as Record<string, unknown>));
    });
  }

  #onFrame(socket: Socket, frame: Record<string, unknown>): void {
    if (frame["t"] !== "hello") return void this.heard.push(frame);
    this.hellos.push(frame as never);
    socket.send(JSON.stringify({ t: "ready", id: "c", topics: this.heads, ticket: `next-${this.hellos.length}`, epoch: "e1", hb: 25 }));
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/live`;
  }

  /** The newest connection. */
  get socket(): Socket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("nobody is connected");
    return socket;
  }

  send(frame: unknown): void {
    this.socket.send(JSON.stringify(frame));
  }

  event(ch: string, seq: number, d: unknown): void {
    this.send({ t: "ev", ch, seq, type: "x.changed", at: "2026-11-24T14:30:00Z", d });
  }

  get api(): Api {
    const post = async (_path: string, body: { topics: string[] }): Promise<unknown> => {
      this.asked.push(body.topics);
      if (this.refuse) throw this.refuse;
      return { ticket: `fresh-${this.asked.length}`, url: this.url };
    };
    return { post } as unknown as Api;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await new Promise((done) => this.server.close(done));
  }
}

let door: Door;
let live: Live;

beforeEach(() => {
  door = new Door();
  live = new Live(door.api, { socket: (url) => new Socket(url) as unknown as WebSocket, random: () => 0.01 });
});

afterEach(async () => {
  vi.useRealTimers();
  live.stop();
  await door.close();
});

async function until(state: LiveState): Promise<void> {
  await vi.waitFor(() => expect(live.state.value).toBe(state), { timeout: 3_000, interval: 5 });
}

async function eventually(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 3_000, interval: 5 });
}

interface Snap {
  heads: Record<string, number>;
  rows: Record<string, { n: number }>;
}

const first = (): Snap => ({ heads: { "board:1": 5 }, rows: { a: { n: 1 } } });

describe("live", () => {
  test("says hello with the snapshot's number and merges events in order", async () => {
    door.heads = { "board:1": 5 };
    const { value } = live.snapshot("board:1", first(), () => Promise.reject(new Error("not needed")));
    live.start();
    await until("online");
    expect(door.hellos[0]).toEqual({ t: "hello", ticket: "fresh-1", cur: { "board:1": 5 } });
    door.event("board:1", 6, { rows: { b: { n: 2 } } });
    door.event("board:1", 6, { rows: { b: { n: 99 } } });
    door.event("board:1", 7, { rows: { a: null } });
    await eventually(() => expect(value.value).toEqual({ heads: { "board:1": 7 }, rows: { b: { n: 2 } } }));
  });

  test("comes back at once from its own numbers, without asking for a ticket again", async () => {
    const { value } = live.snapshot("board:1", first(), () => Promise.reject(new Error("not needed")));
    live.start();
    await until("online");
    door.event("board:1", 6, { rows: { a: { n: 6 } } });
    await eventually(() => expect(value.value.rows["a"]?.n).toBe(6));
    door.socket.terminate();
    await eventually(() => expect(door.hellos).toHaveLength(2));
    expect(door.hellos[1]).toMatchObject({ ticket: "next-1", cur: { "board:1": 6 }, epoch: "e1" });
    expect(door.asked).toHaveLength(1);
    await until("online");
    door.event("board:1", 7, { rows: { a: { n: 7 } } });
    await eventually(() => expect(value.value.rows["a"]?.n).toBe(7));
  });

  test("a gap is never applied: it connects again from the last number in order", async () => {
    const { value } = live.snapshot("board:1", first(), () => Promise.reject(new Error("not needed")));
    live.start();
    await until("online");
    door.event("board:1", 8, { rows: { a: { n: 8 } } });
    await eventually(() => expect(door.hellos).toHaveLength(2));
    expect(door.hellos[1]?.cur).toEqual({ "board:1": 5 });
    expect(value.value.rows["a"]?.n).toBe(1);
  });

  test("skip moves the number without an event", async () => {
    const { value } = live.snapshot("board:1", first(), () => Promise.reject(new Error("not needed")));
    live.start();
    await until("online");
    door.send({ t: "skip", ch: "board:1", seq: 9 });
    door.event("board:1", 10, { rows: { a: { n: 10 } } });
    await eventually(() => expect(value.value.rows["a"]?.n).toBe(10));
    expect(door.hellos).toHaveLength(1);
  });

  test("after a reset the new snapshot rules, and only newer events are merged into it", async () => {
    let deliver: ((snap: Snap) => void) | undefined;
    const { value } = live.snapshot("board:1", first(), () => new Promise<Snap>((done) => (deliver = done)));
    live.start();
    await until("online");
    door.send({ t: "reset", ch: "board:1", head: 20 });
    door.event("board:1", 21, { rows: { a: { n: 21 } } });
    door.event("board:1", 22, { rows: { a: { n: 22 } } });
    await eventually(() => expect(deliver).toBeDefined());
    deliver?.({ heads: { "board:1": 21 }, rows: { a: { n: 21 }, c: { n: 3 } } });
    await eventually(() => expect(value.value).toEqual({ heads: { "board:1": 22 }, rows: { a: { n: 22 }, c: { n: 3 } } }));
  });

  test("a topic added later gets a new ticket that covers both, and starts from its own number", async () => {
    live.follow("board:1", { head: 5 });
    live.start();
    await until("online");
    const seen: unknown[] = [];
    live.follow("conv:2", { head: 3, apply: (event) => seen.push(event.d) });
    await eventually(() => expect(door.hellos).toHaveLength(2));
    expect(door.asked[1]).toEqual(["board:1", "conv:2"]);
    expect(door.hellos[1]).toMatchObject({ ticket: "fresh-2", cur: { "board:1": 5, "conv:2": 3 } });
    await until("online");
    door.event("conv:2", 4, { hello: true });
    await eventually(() => expect(seen).toEqual([{ hello: true }]));
  });

  test("call frames go out and come in, beside the numbers", async () => {
    const frames: unknown[] = [];
    live.follow("call:9", { ephemeral: (frame) => frames.push([frame.type, frame.from, frame.d]) });
    live.start();
    expect(live.call("call:9", { early: true })).toBe(false);
    await until("online");
    expect(live.call("call:9", { description: 1 }, "S2")).toBe(true);
    await eventually(() => expect(door.heard).toContainEqual({ t: "call", ch: "call:9", d: { description: 1 }, to: "S2" }));
    door.send({ t: "eph", ch: "call:9", type: "call", from: "S2", d: { candidate: null } });
    door.send({ t: "eph", ch: "call:9", type: "present", from: "S2", d: null });
    await eventually(() => expect(frames).toEqual([["call", "S2", { candidate: null }], ["present", "S2", null]]));
  });

  test("answers the heartbeat", async () => {
    live.follow("board:1", { head: 5 });
    live.start();
    await until("online");
    door.send({ t: "hb", heads: { "board:1": 5 }, ticket: "newer" });
    await eventually(() => expect(door.heard).toContainEqual({ t: "ping" }));
    door.socket.terminate();
    await eventually(() => expect(door.hellos[1]?.ticket).toBe("newer"));
  });

  test("a heartbeat that does not come is asked for; an answer settles the doubt, silence ends the line within seconds", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    const states: LiveState[] = [];
    live.follow("board:1", { head: 5 });
    live.start();
    await until("online");
    live.state.subscribe((state) => void states.push(state));
    vi.advanceTimersByTime(27_000);
    expect(live.doubtful.value).toBe(false);
    vi.advanceTimersByTime(2_000);
    expect(live.doubtful.value).toBe(true);
    await eventually(() => expect(door.heard).toEqual([{ t: "ping", n: expect.any(Number) as number }]));
    door.send({ t: "pong", n: door.heard[0]?.["n"] });
    await eventually(() => expect(live.doubtful.value).toBe(false));
    vi.advanceTimersByTime(10_000);
    expect(states).toEqual(["online"]);
    vi.advanceTimersByTime(20_000);
    await eventually(() => expect(door.heard).toHaveLength(2));
    vi.advanceTimersByTime(5_000);
    expect(states).toEqual(["online", "offline"]);
    expect(live.doubtful.value).toBe(false);
    await eventually(() => expect(door.hellos).toHaveLength(2));
  });

  test("fenced: says so and stays away until somebody asks", async () => {
    live.follow("board:1", { head: 5 });
    live.start();
    await until("online");
    door.send({ t: "fenced" });
    await until("fenced");
    expect(live.call("call:9", {})).toBe(false);
    live.start();
    await until("online");
    expect(door.hellos).toHaveLength(2);
  });

  test("a session that has ended is final; a server that is away is not", async () => {
    live.follow("board:1", { head: 5 });
    door.refuse = new Problem(0, "offline", "");
    live.start();
    await eventually(() => expect(door.asked.length).toBeGreaterThan(2));
    expect(live.state.value).toBe("offline");
    door.refuse = new Problem(401, "signed-out", "Please sign in again.");
    await until("refused");
    const asked = door.asked.length;
    door.refuse = null;
    live.start();
    await until("online");
    expect(door.asked).toHaveLength(asked + 1);
  });

  test("an answer older than what is shown does not turn time back", async () => {
    const { value, set } = live.snapshot("board:1", first(), () => Promise.reject(new Error("not needed")));
    live.start();
    await until("online");
    door.event("board:1", 6, { rows: { a: { n: 6 } } });
    await eventually(() => expect(value.value.rows["a"]?.n).toBe(6));
    set({ heads: { "board:1": 5 }, rows: { a: { n: 5 } } });
    expect(value.value.rows["a"]?.n).toBe(6);
    set({ heads: { "board:1": 7 }, rows: { a: { n: 7 } } });
    expect(value.value.rows["a"]?.n).toBe(7);
  });
});
