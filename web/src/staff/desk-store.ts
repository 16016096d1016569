/** The desk's state: everybody's rooms, who is stuck, who is looked at, and what is done to help. */
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import { locale } from "../lib/i18n";
import type { Live, SnapshotHandle } from "../lib/live";
import { COMPANY } from "../messages/company";
import type { BoardAnswer } from "./board-store";
import { now, setServerTime } from "./clock";
import { explain, type Session } from "./session";
import { allStuck, roomsOf, type Room, type Stuck } from "./stuck";
import type { TaskList } from "./task-list";
import type { Row } from "./types";
import { deskWords } from "./words";

export interface Number {
  phone: string;
  shown: string;
  others_may_read: boolean;
}

export class DeskStore {
  readonly chosen = signal<string | null>(null);
  readonly problem = signal<string | null>(null);
  readonly said = signal("");
  readonly busy = signal(false);
  /** The number of the person shown, once it was asked for. */
  readonly number = signal<Number | null>(null);
  readonly rows: ReadonlySignal<Row[]>;
  readonly rooms: ReadonlySignal<Room[]>;
  readonly stuck: ReadonlySignal<Stuck[]>;
  readonly selected: ReadonlySignal<Row | null>;
  readonly #handle: SnapshotHandle<BoardAnswer>;
  readonly #stop: () => void;

  constructor(
    readonly session: Session,
    readonly live: Live,
    readonly tasks: TaskList,
    first: BoardAnswer,
    load: () => Promise<BoardAnswer>,
  ) {
    this.#handle = live.snapshot(`board:${session.me.practice.id}`, first, load);
    this.rows = computed(() => Object.values(this.#handle.value.value.rows));
    // A minute is fine enough for "12 min", and a row under the hand does not move each second.
    const minute = computed(() => Math.floor(now.value / 10_000) * 10_000);
    this.rooms = computed(() => roomsOf(this.rows.value, minute.value));
    this.stuck = computed(() => allStuck(this.rows.value, minute.value));
    this.selected = computed(() => this.rows.value.find((row) => row.id === this.chosen.value) ?? null);
    this.#stop = effect(() => {
      const at = this.#handle.value.value.now;
      if (at) setServerTime(at);
    });
  }

  get zone(): string {
    return this.#handle.value.value.practice.zone;
  }

  select(id: string | null): void {
    this.chosen.value = id;
    this.number.value = null;
    this.problem.value = null;
    this.said.value = "";
  }

  /** The first help for somebody who is stuck: one key or one click. */
  async help(one: Stuck): Promise<void> {
    this.select(one.row.id);
    if (one.help === "see") return this.see(one.row);
    return this.ring(one.row);
  }

  see(row: Row): Promise<void> {
    return this.#do(async () => {
      if (row.entry) this.#take(await this.session.api.post<Row>(`/v1/waiting/${row.entry.id}/see`, {}));
    });
  }

  ring(row: Row): Promise<void> {
    return this.#do(async () => {
      const number = await this.session.api.post<Number>(`/v1/appointments/${row.id}/ring`, {});
      if (this.chosen.peek() === row.id) this.number.value = number;
      if (row.entry && !row.entry.seen_at) await this.see(row);
    });
  }

  toPhone(row: Row): Promise<void> {
    return this.#do(async () => {
      this.#take(await this.session.api.post<Row>(`/v1/appointments/${row.id}/to-phone`, {}));
      this.said.value = deskWords.value.toPhoneDone;
    });
  }

  /** What to press next on the device they have, by the channel on file. */
  nextStep(row: Row): Promise<void> {
    return this.#do(async () => {
      const { to } = await this.session.api.post<{ to: string }>(`/v1/appointments/${row.id}/next-step`, {});
      this.said.value = deskWords.value.nextStepDone(`\u2066${to}\u2069`);
    });
  }

  /** In line for video, for who agreed by voice to what was read out. */
  join(row: Row): Promise<void> {
    return this.#do(async () => {
      this.#take(await this.session.api.post<Row>(`/v1/appointments/${row.id}/check-in`, { media: "video", locale: row.person.language }));
      this.said.value = deskWords.value.joinDone;
    });
  }

  /** A fresh link by the channel on file; every older one stops working. */
  freshLink(row: Row): Promise<void> {
    return this.#do(async () => {
      const { to } = await this.session.api.post<{ to: string }>(`/v1/appointments/${row.id}/link`, {});
      this.said.value = COMPANY[locale.value].freshSent(`\u2066${to}\u2069`);
    });
  }

  /** A visit from now on. Rejects with the server's reason. */
  async walkIn(body: unknown, said: string): Promise<void> {
    const row = await this.session.api.post<Row>("/v1/walk-ins", body);
    this.#take(row);
    this.select(row.id);
    this.said.value = said;
  }

  async #do(run: () => Promise<void>): Promise<void> {
    this.busy.value = true;
    this.problem.value = null;
    try {
      await run();
    } catch (error) {
      this.problem.value = explain(error);
    } finally {
      this.busy.value = false;
    }
  }

  /** An answer, unless an event was faster. */
  #take(row: Row): void {
    const board = this.#handle.value.value;
    const known = board.rows[row.id];
    if (known && (known.version > row.version || (known.entry?.version ?? 0) > (row.entry?.version ?? 0))) return;
    this.#handle.set({ ...board, rows: { ...board.rows, [row.id]: row } });
  }

  close(): void {
    this.#stop();
    this.#handle.close();
    this.tasks.close();
    this.live.stop();
  }
}
