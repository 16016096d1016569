import { batch, signal, type ReadonlySignal } from "@preact/signals";
import type { Api } from "./api";
import { Problem } from "./api";
import { mergePatch } from "./merge";
import type { Heads } from "./types";

/**
 * The live channel of docs/realtime-wire.md: one socket per page. Events arrive by number, once and in order, or the
 * connection is made again from the last number; call frames pass through.
 */

export type LiveState =
  /** The first connection is being made. */
  | "connecting"
  | "online"
  /** Lost; being made again. What is shown may be old. */
  | "offline"
  /** The seat was taken by a newer page. Final until `start()` is called again. */
  | "fenced"
  /** The session behind the ticket has ended. Final. */
  | "refused"
  | "stopped";

/** A durable event: `d` is an RFC 7396 patch of the topic's snapshot. */
export interface LiveEvent {
  ch: string;
  seq: number;
  type: string;
  at: string;
  d: unknown;
}

/** An ephemeral frame: `call`, `typing`, `present`, `absent`, and whatever comes later. */
export interface Ephemeral {
  ch: string;
  type: string;
  from: string;
  d: unknown;
}

/** Who holds the state of one topic. `head` is the newest number already inside what it holds. */
export interface Follower {
  head?: number;
  apply?(event: LiveEvent): void;
  /** Loads the snapshot again; answers the number it contains. */
  reload?(): Promise<number>;
  ephemeral?(frame: Ephemeral): void;
}

interface Track {
  last: number | undefined;
  follower: Follower;
  /** Events that arrived while the snapshot is being loaded again. */
  held: LiveEvent[] | null;
  /** When a head beyond `last` was first heard of, in ms. */
  behindSince: number | null;
}

type Frame = Record<string, unknown> & { t: string };

export interface LiveOptions {
  socket?: (url: string) => WebSocket;
  random?: () => number;
}

const GAP_PATIENCE = 5_000;
/** Heartbeats may be this late before we ask. */
const LATE = 3_000;
/** How long an answer to a question may take, and how long a new connection may take to become ready. */
const PROBE_PATIENCE = 4_000;
const CONNECT_PATIENCE = 15_000;
const TICKET_LIFE = 80_000;

export class Live {
  readonly #state = signal<LiveState>("stopped");
  readonly #connections = signal(0);
  readonly #doubtful = signal(false);
  readonly #topics = new Map<string, Track>();
  readonly #open: (url: string) => WebSocket;
  readonly #random: () => number;
  #socket: WebSocket | null = null;
  #ready = false;
  #ticket: { value: string; url: string; at: number; topics: string } | null = null;
  #epoch: string | null = null;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #heard = 0;
  /** Nothing heard for this long: ask whether the path is alive, do not wait for TCP to find out. */
  #silence = 28_000;
  #probe: { n: number; at: number } | null = null;
  #attempt = 0;
  #wake = (): void => this.#onWake();

  constructor(
    readonly api: Api,
    options: LiveOptions = {},
  ) {
    this.#open = options.socket ?? ((url) => new WebSocket(url));
    this.#random = options.random ?? Math.random;
  }

  get state(): ReadonlySignal<LiveState> {
    return this.#state;
  }

  /** A heartbeat is overdue and we have asked: in a moment it is known whether what is shown is still current. */
  get doubtful(): ReadonlySignal<boolean> {
    return this.#doubtful;
  }

  /** How many connections have become ready so far. It grows without a change of `state` when a new topic needs a new ticket. */
  get connections(): ReadonlySignal<number> {
    return this.#connections;
  }

  /** Listens to a topic from now on; when connected already, the connection is made again with a ticket that covers it. */
  follow(topic: string, follower: Follower): () => void {
    const track: Track = { last: follower.head, follower, held: null, behindSince: null };
    this.#topics.set(topic, track);
    if (this.#running) this.#reconnectSoon();
    return () => {
      if (this.#topics.get(topic) === track) this.#topics.delete(topic);
    };
  }

  /** Follows one topic of a snapshot: a signal that is always the snapshot with every event so far merged in. */
  snapshot<S extends { heads: Heads }>(topic: string, first: S, load: () => Promise<S>): SnapshotHandle<S> {
    const value = signal(first);
    const replace = (next: S): number => {
      value.value = next;
      return next.heads[topic] ?? 0;
    };
    const close = this.follow(topic, {
      head: first.heads[topic] ?? 0,
      apply: (event) => {
        value.value = withHead(mergePatch(value.value, event.d), topic, event.seq);
      },
      reload: async () => replace(await load()),
    });
    const set = (next: S): void => {
      const track = this.#topics.get(topic);
      const head = next.heads[topic] ?? 0;
      // An answer to a command may be older than an event that overtook it.
      if (track?.last !== undefined && head < track.last) return;
      if (track) track.last = head;
      value.value = next;
    };
    return { value, set, close };
  }

  start(): void {
    if (this.#running) return;
    this.#failures = 0;
    this.#state.value = "connecting";
    this.#watch = setInterval(() => this.#onTick(), 1_000);
    globalThis.addEventListener?.("online", this.#wake);
    globalThis.document?.addEventListener("visibilitychange", this.#wake);
    this.#reconnectSoon();
  }

  stop(state: LiveState = "stopped"): void {
    this.#attempt++;
    clearTimeout(this.#retry);
    clearInterval(this.#watch);
    globalThis.removeEventListener?.("online", this.#wake);
    globalThis.document?.removeEventListener("visibilitychange", this.#wake);
    this.#drop();
    this.#state.value = state;
  }

  /** Sends a `call` frame to the other seats of a visit. False when there is no connection to send it on. */
  call(topic: string, d: unknown, to?: string): boolean {
    return this.#send({ t: "call", ch: topic, d, ...(to === undefined ? {} : { to }) });
  }

  typing(topic: string): boolean {
    return this.#send({ t: "typing", ch: topic });
  }

  get #running(): boolean {
    const state = this.#state.peek();
    return state === "connecting" || state === "online" || state === "offline";
  }

  #send(frame: Frame): boolean {
    if (!this.#ready || this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = false;
    this.#probe = null;
    this.#doubtful.value = false;
    if (!socket) return;
    // Closing one that is still connecting is logged as a failure by browsers: it is closed as soon as it opens.
    if (socket.readyState === 0) socket.onopen = () => socket.close(1000);
    else if (socket.readyState === 1) socket.close(1000);
  }

  /** In the next microtask, so that several `follow` calls make one connection. */
  #reconnectSoon(): void {
    const attempt = ++this.#attempt;
    clearTimeout(this.#retry);
    queueMicrotask(() => {
      if (attempt === this.#attempt) void this.#connect(attempt);
    });
  }

  async #connect(attempt: number): Promise<void> {
    this.#drop();
    try {
      const ticket = await this.#ticketFor([...this.#topics.keys()]);
      if (attempt !== this.#attempt) return;
      this.#listen(this.#open(absolute(ticket.url)), ticket.value);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (error instanceof Problem && (error.status === 401 || error.status === 403)) this.stop("refused");
      else this.#lost();
    }
  }

  async #ticketFor(topics: string[]): Promise<{ value: string; url: string }> {
    const wanted = topics.sort().join(" ");
    const held = this.#ticket;
    if (held && held.topics === wanted && Date.now() - held.at < TICKET_LIFE) return held;
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), CONNECT_PATIENCE);
    const asking = this.api.post<{ ticket: string; url: string }>("/v1/live/ticket", { topics }, { signal: giveUp.signal });
    const fresh = await asking.finally(() => clearTimeout(timer));
    this.#ticket = { value: fresh.ticket, url: fresh.url, at: Date.now(), topics: wanted };
    return this.#ticket;
  }

  #listen(socket: WebSocket, ticket: string): void {
    this.#socket = socket;
    this.#heard = Date.now();
    socket.onopen = () => {
      const cur: Heads = {};
      for (const [topic, track] of this.#topics) if (track.last !== undefined) cur[topic] = track.last;
      const hello = { t: "hello", ticket, cur, ...(this.#epoch === null ? {} : { epoch: this.#epoch }) };
      socket.send(JSON.stringify(hello));
    };
    socket.onmessage = (message) => {
      if (socket !== this.#socket) return;
      this.#heard = Date.now();
      batch(() => this.#onFrame(JSON.parse(String(message.data)) as Frame));
    };
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost();
    };
  }

  /** Full jitter: the first try at once, then a random time in 0–2 s, doubled each time up to 0–30 s. */
  #lost(after?: number): void {
    this.#drop();
    if (!this.#running) return;
    const attempt = ++this.#attempt;
    if (this.#state.peek() === "online" || this.#failures > 0) this.#state.value = "offline";
    const ceiling = this.#failures === 0 ? 0 : Math.min(30_000, 1_000 * 2 ** this.#failures);
    const delay = after ?? this.#random() * ceiling;
    this.#failures++;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(attempt), delay);
  }

  #onFrame(frame: Frame): void {
    switch (frame.t) {
      case "ready":
        return this.#onReady(frame as unknown as ReadyFrame);
      case "ev":
        return this.#onEvent(frame as unknown as LiveEvent);
      case "skip":
        return this.#onSkip(frame["ch"] as string, frame["seq"] as number);
      case "reset":
        return this.#onReset(frame["ch"] as string);
      case "eph":
        this.#behind(frame["ch"] as string, frame["head"] as number | undefined);
        return this.#topics.get(frame["ch"] as string)?.follower.ephemeral?.(frame as unknown as Ephemeral);
      case "join":
        return this.#onJoin(frame["ch"] as string, frame["head"] as number);
      case "hb":
        this.#keepTicket(frame["ticket"]);
        for (const [topic, head] of Object.entries((frame["heads"] as Heads | undefined) ?? {})) this.#behind(topic, head);
        this.#send({ t: "ping" });
        return;
      case "pong":
        if (this.#probe?.n !== frame["n"]) return;
        this.#probe = null;
        this.#doubtful.value = false;
        return;
      case "err":
        if (frame["slug"] === "ticket-refused") this.#ticket = null;
        return;
      case "fenced":
        return this.stop("fenced");
      case "bye":
        return this.#lost(((frame["retry_in"] as number | undefined) ?? 0) * 1_000);
    }
  }

  #onReady(frame: ReadyFrame): void {
    this.#ready = true;
    this.#failures = 0;
    this.#silence = frame.hb * 1_000 + LATE;
    this.#epoch = frame.epoch;
    this.#keepTicket(frame.ticket);
    for (const [topic, head] of Object.entries(frame.topics)) {
      const track = this.#topics.get(topic);
      if (track && track.last === undefined) this.#onJoin(topic, head);
    }
    this.#state.value = "online";
    this.#connections.value++;
  }

  #keepTicket(ticket: unknown): void {
    if (typeof ticket === "string" && this.#ticket) this.#ticket = { ...this.#ticket, value: ticket, at: Date.now() };
  }

  /** A topic without a cursor: what happened up to `head` is in the snapshot, if it has one. */
  #onJoin(topic: string, head: number): void {
    const track = this.#topics.get(topic);
    if (!track || track.last !== undefined) return;
    track.last = head;
    if (track.follower.reload) this.#reload(topic, track);
  }

  #onEvent(event: LiveEvent): void {
    const track = this.#topics.get(event.ch);
    if (!track) return;
    if (track.held) {
      track.held.push(event);
      return;
    }
    const last = track.last ?? 0;
    if (event.seq <= last) return;
    if (event.seq > last + 1) return this.#lost(0);
    track.last = event.seq;
    track.behindSince = null;
    track.follower.apply?.(event);
  }

  #onSkip(topic: string, seq: number): void {
    const track = this.#topics.get(topic);
    if (!track) return;
    if (track.held) track.held.push({ ch: topic, seq, type: "", at: "", d: SKIP });
    else track.last = Math.max(track.last ?? 0, seq);
  }

  #onReset(topic: string): void {
    const track = this.#topics.get(topic);
    if (!track) return;
    if (track.follower.reload) this.#reload(topic, track);
  }

  /** Loads the snapshot again; live events wait for it, and those it already contains are dropped. */
  #reload(topic: string, track: Track): void {
    if (track.held) return;
    track.held = [];
    track.follower.reload?.().then(
      (head) => {
        const held = track.held ?? [];
        track.held = null;
        track.last = head;
        track.behindSince = null;
        batch(() => {
          for (const event of held) {
            if (event.d === SKIP) this.#onSkip(topic, event.seq);
            else this.#onEvent(event);
          }
        });
      },
      () => {
        // Without the snapshot the topic cannot be followed: forget the cursor, so the next connection loads it again.
        track.held = null;
        track.last = undefined;
        this.#lost();
      },
    );
  }

  #behind(topic: string, head: number | undefined): void {
    const track = this.#topics.get(topic);
    if (!track || head === undefined || track.held) return;
    if (head <= (track.last ?? 0)) track.behindSince = null;
    else track.behindSince ??= Date.now();
  }

  #onTick(): void {
    if (!this.#socket) return;
    const now = Date.now();
    const dead = !this.#ready && now - this.#heard > CONNECT_PATIENCE;
    const unanswered = this.#probe !== null && now - this.#probe.at > PROBE_PATIENCE;
    const gap = [...this.#topics.values()].some((t) => t.behindSince !== null && now - t.behindSince > GAP_PATIENCE);
    for (const track of this.#topics.values()) if (gap) track.behindSince = null;
    if (dead || unanswered || gap) return this.#lost();
    if (!this.#ready || this.#probe || now - this.#heard <= this.#silence) return;
    this.#doubtful.value = true;
    this.#ask();
  }

  #ask(): void {
    const n = Math.floor(this.#random() * 1e9);
    this.#probe = { n, at: Date.now() };
    this.#send({ t: "ping", n });
  }

  /** The network changed or the page woke up: know now whether the path is alive, do not wait for the heartbeat. */
  #onWake(): void {
    if (globalThis.document?.visibilityState === "hidden" || !this.#running) return;
    if (!this.#socket) return this.#reconnectSoon();
    if (!this.#probe && this.#ready) this.#ask();
  }
}

export interface SnapshotHandle<S> {
  value: ReadonlySignal<S>;
  /** Takes over the answer of a command, unless newer events are already in. */
  set(next: S): void;
  close(): void;
}

interface ReadyFrame {
  topics: Heads;
  ticket: string;
  epoch: string;
  hb: number;
}

const SKIP = Symbol("skip");

function withHead<S extends { heads: Heads }>(snapshot: S, topic: string, seq: number): S {
  return { ...snapshot, heads: { ...snapshot.heads, [topic]: seq } };
}

/** The ticket's URL may be a path; the socket wants a scheme. */
function absolute(url: string): string {
  const full = new URL(url, globalThis.location?.href);
  full.protocol = full.protocol.replace(/^http/, "ws");
  return full.href;
}
