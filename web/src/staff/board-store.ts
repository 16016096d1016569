/** The board's state: the live snapshot, what is selected, and the provider's commands. */
import { batch, computed, effect, signal, type ReadonlySignal, untracked } from "@preact/signals";
import type { Climbing } from "../call/climbing";
import type { StaffDevice } from "../chat/device";
import { Problem } from "../lib/api";
import type { Live, SnapshotHandle } from "../lib/live";
import { Chime } from "./chime";
import { now, setServerTime } from "./clock";
import { Late } from "./late";
import { Line, type Joined, type LineTarget } from "./line";
import { OwnMedia } from "./own-media";
import type { Unseen } from "./alerts";
import { Attention, overdueOf, unseenOf } from "./attention";
import { Ending } from "./ending";
import { afterFor, divide, isInRoom, isDone, isMine, isQueued, isUnseen, matches, myVisit, nextFor, roomOf, type Filter, type Lanes, type Order, type Sections } from "./sections";
import { explain, type Session } from "./session";
import { staffDevice } from "./staff-device";
import type { TaskList } from "./task-list";
import type { Board, HandOver, Pool, Provider, Row } from "./types";
import { lineWords } from "./words";

/** `now` is the server's clock, when it says it. */
export type BoardAnswer = Board & { now?: string };
export type Pane = "card" | "chat";

/** How long a card that came up by itself must stand before the Enter key admits from it. */
const SETTLE_MS = 800;
/** Cut off for longer than this, the board is too old to admit from. */
const STALE_MS = 10_000;

/** Why a row cannot be admitted now. The last three: this page does not know any more how things stand. */
export type Obstacle = "not-mine" | "not-here" | "in-room" | "done" | "busy" | "fenced" | "refused" | "offline";

function byPhone(row: Row): boolean {
  return row.entry?.media === "phone";
}

function targetOf(row: Row): LineTarget {
  return { room: roomOf(row), visitId: row.visit.id, conversationId: row.conversation.id };
}

export class BoardStore {
  readonly media = new OwnMedia();
  readonly chime = new Chime();
  readonly filter = signal<Filter>("all");
  readonly order = signal<Order>("place");
  /** Only this provider's people; null: everybody's. Works together with the filter. */
  readonly only = signal<string | null>(null);
  readonly attention = new Attention();
  readonly ending: Ending;
  readonly late: Late;
  readonly chosen = signal<string | null>(null);
  readonly pane = signal<Pane>("card");
  /** The room I went into by my own act; and of a group in it, the one whose facts are at hand. */
  readonly there = signal<string | null>(null);
  readonly focus = signal<string | null>(null);
  /** On a narrow screen the details lie over the board. */
  readonly open = signal(false);
  /** A question about one person that stands over the page. */
  readonly asked = signal<{ what: "transfer" | "urgency" | "guest" | "interpreter"; id: string } | null>(null);
  /** The visit that ended last, until its wrap-up is closed; and what was booked of it. */
  readonly wrap = signal<string | null>(null);
  readonly followUp = signal<Row | null>(null);
  readonly busy = signal<"admit" | null>(null);
  #commands: Promise<void> = Promise.resolve();
  readonly problem = signal<string | null>(null);
  /** For the polite live region: the last thing that happened by itself. */
  readonly said = signal("");
  readonly line: Line;
  readonly climbing = signal<Climbing | null>(null);
  readonly device: StaffDevice;
  readonly rows: ReadonlySignal<Row[]>;
  readonly sections: ReadonlySignal<Sections>;
  /** The pools of the practice, and the lines that are mine. */
  readonly pools = signal<Pool[]>([]);
  readonly lanes: ReadonlySignal<Lanes>;
  readonly next: ReadonlySignal<Row | null>;
  readonly selected: ReadonlySignal<Row | null>;
  readonly running: ReadonlySignal<Row | null>;
  readonly #handle: SnapshotHandle<BoardAnswer>;
  readonly #stops: (() => void)[] = [];
  readonly #cutOff = signal(false);
  #shown: string | null = null;
  #swappedAt = -Infinity;

  constructor(
    readonly session: Session,
    readonly live: Live,
    readonly tasks: TaskList,
    first: BoardAnswer,
    load: () => Promise<BoardAnswer>,
  ) {
    const topic = `board:${session.me.practice.id}`;
    const me = session.me.account.id;
    this.#handle = live.snapshot(topic, first, load);
    this.device = staffDevice(session, live);
    this.line = new Line(session.api, live, this.media, (id) => this.device.chat(id), (joined) => void this.#climb(joined));
    this.rows = computed(() => Object.values(this.#handle.value.value.rows));
    this.lanes = computed(() => new Set([me, ...this.pools.value.filter((pool) => pool.members.some((one) => one.id === me)).map((pool) => pool.id)]));
    this.late = new Late(session.api, me, () => this.board.late ?? {}, () => this.lanes.value, (work) => this.#command("admit", work));
    this.ending = new Ending((row, closing) => this.#end(row, closing));
    this.sections = computed(() => divide(this.rows.value.filter((row) => this.#wanted(row)), this.order.value));
    this.next = computed(() => nextFor(this.lanes.value, divide(this.rows.value).waiting));
    this.running = computed(() => this.#running(me));
    this.selected = computed(() => {
      const chosen = this.chosen.value;
      return (chosen && this.#handle.value.value.rows[chosen]) || this.next.value;
    });
    const held = computed(() => !!this.rows.value.find(({ visit }) => visit.id === this.line.joined.value?.visitId)?.visit.held_at);
    this.#stops.push(
      effect(() => {
        const [call, paused] = [this.line.joined.value?.call, held.value];
        untracked(() => void call?.pause(paused));
      }),
      effect(() => {
        // Whichever is first, the event or the answer, and before the call is drawn: that takes longer than all the rest.
        if (this.running.value && !this.media.opening.peek()) untracked(() => void this.#maybeLive());
      }),
      effect(() => this.#keepTime()),
      effect(() => this.#keepLine()),
      effect(() => this.#watchCard()),
      effect(() => this.#watchAge()),
      effect(() => void this.device.ensureInvites(this.rows.value)),
    );
    this.device.start();
  }

  get board(): BoardAnswer {
    return this.#handle.value.value;
  }

  get myId(): string {
    return this.session.me.account.id;
  }

  #wanted(row: Row): boolean {
    const only = this.only.value;
    return matches(row, this.filter.value, this.lanes.value) && (only === null || row.provider.id === only);
  }

  #keepTime(): void {
    const at = this.#handle.value.value.now;
    if (at) setServerTime(at);
  }

  /** The running visit, else whoever is next: their line is joined and warm before anyone presses Admit. */
  #keepLine(): void {
    const wanted = this.running.value ?? this.ending.row.value ?? this.next.value;
    const target = wanted && byPhone(wanted) ? null : wanted;
    if (this.live.state.value === "fenced") return;
    if (this.busy.value !== null) return;
    if (target) void Promise.allSettled([import("./climb"), import("./call-tools")]); // the call's own code, while there is time
    void this.line.point(target && targetOf(target)).then(() => this.#maybeLive());
  }

  /** A visit that runs has its media on: after admit, and after a reload of the page. */
  async #maybeLive(): Promise<void> {
    const running = this.running.peek();
    const joined = this.line.joined.peek();
    if (!running || byPhone(running) || joined?.room !== roomOf(running) || joined.started) return;
    if (!this.media.stream.peek()) await this.media.open();
    await this.line.start(roomOf(running));
  }

  select(id: string | null, pane: Pane = "card"): void {
    if (id !== null) this.#swappedAt = -Infinity;
    batch(() => {
      this.chosen.value = id;
      this.pane.value = pane;
      this.open.value = id !== null;
    });
    const row = this.selected.peek();
    if (id !== null && row?.id === id) this.see(row);
  }

  /** Somebody has looked at who waits: the alerts end, at every board. A failure leaves them on, which is the safe side. */
  see(row: Row): void {
    if (!row.entry || !isUnseen(row)) return;
    this.session.api.post<Row>(`/v1/waiting/${row.entry.id}/see`, {}).then(
      (answer) => this.#take(answer),
      (error: unknown) => console.error("seen:", error),
    );
  }

  /** My people whom nobody has looked at for two minutes, the longest first. */
  get overdue(): string[] {
    return overdueOf(unseenOf(this.rows.value, this.lanes.value), now.value).map((one) => one.id);
  }

  /** N: the next of my line; again N: the one after. */
  seeNext(): Row | null {
    const waiting = divide(this.rows.value).waiting;
    const shown = this.open.value || this.chosen.value ? (this.selected.value?.id ?? null) : null;
    const row = afterFor(this.lanes.value, waiting, shown);
    if (row) this.select(row.id);
    return row;
  }

  /** Notes when the card changed by itself (the line moved), so that a key meant for the one before does not hit the one after. */
  #watchCard(): void {
    const id = this.selected.value?.id ?? null;
    const running = this.running.value !== null;
    const deliberate = this.chosen.value !== null && !running;
    const shown = running ? null : id;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#swappedAt = deliberate ? -Infinity : performance.now();
  }

  /** True when the card has stood still long enough to be read, or was chosen on purpose. */
  get settled(): boolean {
    return performance.now() - this.#swappedAt > SETTLE_MS;
  }

  #watchAge(): (() => void) | undefined {
    this.#cutOff.value = false;
    if (this.live.state.value !== "offline") return undefined;
    const timer = setTimeout(() => (this.#cutOff.value = true), STALE_MS);
    return () => clearTimeout(timer);
  }

  /** Why this page may not act on what it shows: it is old; null when it is current. */
  get #stale(): "fenced" | "refused" | "offline" | null {
    const state = this.live.state.value;
    if (state === "fenced" || state === "refused") return state;
    return this.#cutOff.value ? "offline" : null;
  }

  /** Why this row cannot be admitted by me now; null when it can. */
  obstacle(row: Row): Obstacle | null {
    if (isInRoom(row)) return "in-room";
    if (row.visit.status === "completed" || row.visit.status === "cancelled") return "done";
    if (!isQueued(row)) return row.provider.id === this.myId ? "not-here" : "not-mine";
    if (!isMine(row, this.lanes.value)) return "not-mine";
    const running = this.running.value;
    return this.#stale ?? (running && roomOf(running) !== roomOf(row) ? "busy" : null);
  }

  /** Called by the control whose words say that name and birth date agree: the identifiers sent are that statement. */
  async admit(row: Row): Promise<void> {
    const entry = row.entry;
    if (!entry || this.obstacle(row) || this.busy.value) return;
    const body = { version: entry.version, identifiers: ["name", "birth_date"] };
    await this.#command("admit", async () => {
      this.#take(await this.#letIn<Row>(byPhone(row) ? null : row, `/v1/waiting/${entry.id}/admit`, body));
    });
  }

  /** Of a group, the one whose facts are at hand. */
  #running(me: string): Row | null {
    const ending = this.ending.row.value;
    const mine = myVisit(me, this.rows.value.filter((row) => !ending || roomOf(row) !== roomOf(ending)), this.there.value);
    const focus = this.board.rows[this.focus.value ?? ""];
    return mine && focus && isInRoom(focus) && roomOf(focus) === roomOf(mine) ? focus : mine;
  }

  /** Everybody of the group in this row's call, as they are numbered; of a visit alone, this one. */
  together(row: Row): Row[] {
    const all = this.rows.value.filter((one) => roomOf(one) === roomOf(row) && !isDone(one));
    return all.sort((a, b) => (a.group?.number ?? 0) - (b.group?.number ?? 0));
  }

  /** Into a running visit, as a second clinician or as who leads it. */
  join(row: Row): void {
    batch(() => {
      this.select(null);
      this.there.value = roomOf(row);
    });
  }

  leads(row: Row): boolean {
    return row.provider.id === this.myId;
  }

  /** Several people of a group at once, whose names and birth dates were compared. */
  async admitGroup(rows: Row[]): Promise<void> {
    const first = rows[0];
    if (!first || rows.some((row) => this.obstacle(row)) || this.busy.value) return;
    const entries = rows.map(({ entry }) => ({ entry_id: entry?.id, version: entry?.version }));
    await this.#command("admit", async () => {
      const body = { entries, identifiers: ["name", "birth_date"] };
      const answer = await this.#letIn<{ rows: Row[] }>(first, `/v1/groups/${first.group_id}/admit`, body);
      for (const row of answer.rows) this.#take(row);
    });
  }

  /** Admits by this request. The line of `row` (null: they come by telephone) and the camera get ready beside it. */
  async #letIn<T>(row: Row | null, path: string, body: object): Promise<T> {
    // With no visit to end before, the request leaves in the turn of the key: before the board is drawn anew.
    if (this.ending.row.peek()) await this.ending.finish();
    const asked = this.session.api.post<T>(path, body);
    if (!row) return asked;
    // Nothing is sent before the server has said "admitted".
    await Promise.all([asked, this.line.point(targetOf(row)), this.media.open()]);
    await this.line.start(roomOf(row));
    return asked;
  }

  /** A command about a visit whose answer is its row. */
  about(row: Row, path: string, body: object = {}): Promise<void> {
    return this.#command("admit", async () => {
      const { version } = (this.board.rows[row.id] ?? row).visit;
      this.#take(await this.session.api.post<Row>(`/v1/visits/${row.visit.id}/${path}`, { version, ...body }));
    });
  }

  /** Ends the visit, with ten seconds to take it back. Nobody is heard or seen meanwhile. */
  end(row: Row): void {
    if (!this.leads(row)) return void (this.there.value = null); // leaves; who leads it goes on
    if (this.ending.row.value) return;
    const call = this.line.joined.peek()?.call;
    call?.setMuted(true);
    call?.setCamera(false);
    batch(() => {
      this.ending.begin(row);
      this.select(null);
    });
  }

  /** Who can take over: the providers and pools of the practice. */
  async places(): Promise<{ providers: Provider[]; pools: Pool[] }> {
    const { providers } = await this.session.api.get<{ providers: Provider[] }>("/v1/providers");
    return { providers: providers.filter((one) => one.id !== this.myId), pools: this.pools.value.filter((pool) => pool.active) };
  }

  /** Hands somebody who waits to another line, or out of the visit back into a line. True when it is done. */
  async handOver(row: Row, to: HandOver): Promise<boolean> {
    let done = false;
    await this.#command("admit", async () => {
      const known = this.board.rows[row.id] ?? row;
      const inVisit = isInRoom(known);
      const path = inVisit ? `/v1/visits/${known.visit.id}/put-back` : `/v1/waiting/${known.entry?.id}/transfer`;
      const version = inVisit ? known.visit.version : (known.entry?.version ?? 1);
      this.#take(await this.session.api.post<Row>(path, { version, ...to }));
      done = true;
    });
    if (done) this.select(null);
    return done;
  }

  /** Nobody hears or sees anybody until it is resumed. */
  hold(row: Row, held: boolean): Promise<void> {
    return this.#command("admit", async () => this.#take(await this.session.api.post<Row>(`/v1/visits/${row.visit.id}/${held ? "hold" : "resume"}`, {})));
  }

  async triage(row: Row, acuity: number, reason: string): Promise<boolean> {
    let done = false;
    await this.#command("admit", async () => {
      this.#take(await this.session.api.post<Row>(`/v1/waiting/${row.entry?.id}/triage`, { version: row.entry?.version, acuity, reason }));
      done = true;
    });
    return done;
  }

  /** P: the visit goes on by telephone. Sound and picture here stop with the answer. */
  async toPhone(row: Row): Promise<void> {
    await this.#command("admit", async () => {
      this.#take(await this.session.api.post<Row>(`/v1/appointments/${row.id}/to-phone`, {}));
      await this.line.point(null);
    });
  }

  /** The ladder of the call that has just begun; its code comes with the first call. */
  async #climb(joined: Joined): Promise<void> {
    this.there.value = joined.room;
    const row = this.rows.peek().find((one) => roomOf(one) === joined.room);
    if (!row || row.group || !this.leads(row)) return; // the ladder ends at a telephone of two
    const { climbFor } = await import("./climb");
    if (this.line.joined.peek() === joined) this.climbing.value = climbFor(this, joined, () => (this.climbing.value = null));
  }

  setOutcome(row: Row, outcome: string): Promise<void> {
    return this.#command("admit", async () => this.#take(await this.session.api.post<Row>(`/v1/visits/${row.visit.id}/outcome`, { outcome })));
  }

  /** Says which message sums the visit up; the patient is told that there is something new. */
  async sumUp(row: Row, msgId: string): Promise<void> {
    this.#take(await this.session.api.post<Row>(`/v1/visits/${row.visit.id}/summary`, { msg_id: msgId }));
  }

  /** The first free time so many weeks on, booked by the server. */
  bookAgain(row: Row, weeks: number): Promise<void> {
    return this.#command("admit", async () => {
      this.followUp.value = await this.session.api.post<Row>(`/v1/visits/${row.visit.id}/follow-up`, { weeks });
    });
  }

  undoEnd(): void {
    const row = this.ending.undo();
    if (row) this.said.value = lineWords.value.ending.undone(row.person.name);
  }

  async #end(row: Row, closing: boolean): Promise<void> {
    const known = this.board.rows[row.id] ?? row;
    this.wrap.value = row.id;
    this.followUp.value = null;
    try {
      const body = { version: known.visit.version };
      this.#take(await this.session.api.post<Row>(`/v1/visits/${row.visit.id}/end`, body, { keepalive: closing }));
    } catch (error) {
      if (!(error instanceof Problem)) console.error(error);
      this.problem.value = explain(error);
    }
  }

  /** One command at a time: what is pressed while another one runs waits for it, and is never dropped without a word. */
  #command(name: "admit", run: () => Promise<void>): Promise<void> {
    this.#commands = this.busy.value === null ? this.#run(name, run) : this.#commands.then(() => this.#run(name, run));
    return this.#commands;
  }

  async #run(name: "admit", run: () => Promise<void>): Promise<void> {
    this.busy.value = name;
    this.problem.value = null;
    try {
      await run();
    } catch (error) {
      if (!(error instanceof Problem)) console.error(error);
      this.problem.value = explain(error);
    } finally {
      this.busy.value = null;
    }
  }

  /** A command's answer, shown at once unless an event was faster. */
  #take(row: Row): void {
    const board = this.board;
    const known = board.rows[row.id];
    const older = known && (known.version > row.version || known.visit.version > row.visit.version);
    if (older || (known?.entry && row.entry && known.entry.version > row.entry.version)) return;
    this.#handle.set({ ...board, rows: { ...board.rows, [row.id]: row } });
  }

  /** Calls `arrived` for each person who comes into the line from now on, and `ring` when a sound is due. */
  watchArrivals(arrived: (row: Row) => void, ring: () => void): void {
    let known: Set<string> | null = null;
    this.#stops.push(
      this.attention.start(),
      effect(() => {
        const here = this.rows.value.filter((row) => isMine(row, this.lanes.value) && isQueued(row));
        for (const row of here) if (known && !known.has(row.id)) arrived(row);
        known = new Set(here.map((row) => row.id));
      }),
      effect(() => this.attention.check([...unseenOf(this.rows.value, this.lanes.value), ...this.#alarms()], now.value, this.running.value !== null, ring)),
    );
  }

  /** A `stat` task that nobody has taken rings as somebody urgent does. */
  #alarms(): Unseen[] {
    const calling = this.tasks.alarms.value.filter((task) => task.status === "requested");
    return calling.map((task) => ({ id: task.id, urgent: true, since: Date.parse(task.created_at), start: Date.parse(task.created_at) }));
  }

  /** Minutes the longest waiting person has waited. */
  longest(waiting: Row[]): number {
    const waits = waiting.map((row) => now.value - Date.parse(row.entry?.since ?? row.start));
    return Math.max(0, Math.floor(Math.max(0, ...waits) / 60_000));
  }

  close(): void {
    void this.ending.finish(true);
    for (const stop of this.#stops) stop();
    this.line.close();
    this.tasks.close();
    this.device.stop();
    this.media.close();
    this.#handle.close();
    this.live.stop();
  }
}
