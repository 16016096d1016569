/** The schedule's state: the days that are shown (live), the hours behind them, what is booked and changed. */
import { batch, computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import type { StaffDevice } from "../chat/device";
import type { Live, SnapshotHandle } from "../lib/live";
import type { BoardAnswer } from "./board-store";
import { BookingStore, type Lists } from "./booking-store";
import { axisOf, columnsOf, mondayOf, plusDays, type Axis, type Column, type Openings } from "./calendar-paper";
import { Changes } from "./changes";
import { now, setServerTime } from "./clock";
import { explain, type Session } from "./session";
import { staffDevice } from "./staff-device";
import type { TaskList } from "./task-list";
import type { ScheduleAnswer, Slotted } from "./types";
import { wallOf } from "./wall-time";

export type View = "day" | "week";
const TRIES = 5;

/** The days of a view that holds a date. */
export function daysOf(view: View, date: string): { first: string; days: number } {
  return view === "week" ? { first: mondayOf(date), days: 7 } : { first: date, days: 1 };
}

export class ScheduleStore {
  readonly problem = signal<string | null>(null);
  readonly view = signal<View>("week");
  /** The day that is looked at; the week is the one around it. */
  readonly date = signal("");
  /** Only this provider's columns; empty: everybody's. */
  readonly only = signal("");
  readonly openings = signal<Openings>({});
  readonly loading = signal(false);
  /** The visit that had the keyboard's focus last. */
  readonly focused = signal("");
  readonly booking: BookingStore;
  readonly changes: Changes;
  readonly device: StaffDevice;
  readonly columns: ReadonlySignal<Column[]>;
  readonly axis: ReadonlySignal<Axis>;
  readonly #board: SnapshotHandle<BoardAnswer>;
  readonly #schedule: SnapshotHandle<ScheduleAnswer>;
  readonly #stops: (() => void)[] = [];
  #turn = 0;

  constructor(
    readonly session: Session,
    readonly live: Live,
    readonly lists: Lists,
    readonly tasks: TaskList,
    board: BoardAnswer,
    schedule: ScheduleAnswer,
    openings: Openings,
  ) {
    const practice = session.me.practice.id;
    this.date.value = wallOf(Date.parse(schedule.now), this.zone).date;
    this.openings.value = openings;
    this.#board = live.snapshot(`board:${practice}`, board, () => session.api.get<BoardAnswer>("/v1/board"));
    this.#schedule = live.snapshot(`schedule:${practice}`, schedule, () => loadDays(session, this.first, this.days));
    this.device = staffDevice(session, live);
    this.booking = new BookingStore(
      session,
      lists,
      (id) => this.#board.value.value.rows[id],
      (sentence) => (this.problem.value = sentence),
    );
    this.changes = new Changes(session, (id) => this.rows[id]);
    this.columns = computed(() => this.#columns());
    this.axis = computed(() => axisOf(this.columns.value, this.zone));
    setServerTime(schedule.now);
    // Whoever is at work signs the invites, so that a new patient's phone can write at once.
    this.#stops.push(effect(() => void this.device.ensureInvites(Object.values(this.#board.value.value.rows))));
    this.device.start();
  }

  get rows(): Record<string, Slotted> {
    return this.#schedule.value.value.rows;
  }

  get zone(): string {
    return this.session.me.practice.zone;
  }

  get first(): string {
    return daysOf(this.view.value, this.date.value).first;
  }

  get days(): number {
    return daysOf(this.view.value, this.date.value).days;
  }

  get today(): string {
    return wallOf(now.value, this.zone).date;
  }

  get dates(): string[] {
    const { first, days } = daysOf(this.view.value, this.date.value);
    return Array.from({ length: days }, (_, n) => plusDays(first, n));
  }

  /** Visits as they stand, those on their way at the place they go to. */
  #columns(): Column[] {
    const leaving = this.changes.leaving.value?.id;
    const named = new Map(this.lists.providers.map((one) => [one.id, one]));
    const rows = Object.values(this.rows)
      .filter((row) => row.id !== leaving)
      .map((row) => {
        const to = this.changes.wayOf(row);
        if (!to) return row;
        const end = new Date(Date.parse(to.start) + Date.parse(row.end) - Date.parse(row.start)).toISOString();
        return { ...row, start: to.start, end, provider: named.get(to.provider_id) ?? row.provider };
      });
    // Somebody who left the clinic may still have visits.
    for (const row of rows) if (!named.has(row.provider.id)) named.set(row.provider.id, row.provider);
    const only = this.only.value;
    const providers = [...named.values()].filter((one) => !only || one.id === only);
    return columnsOf(this.dates, providers, rows, this.openings.value, this.zone);
  }

  /** Shows other days. Events that come while they load are in what is loaded, or come again. */
  async show(view: View, date: string): Promise<void> {
    const turn = ++this.#turn;
    const { first, days } = daysOf(view, date);
    batch(() => {
      this.view.value = view;
      this.date.value = date;
      this.loading.value = true;
    });
    try {
      const query = `from=${first}&days=${days}`;
      const { openings } = await this.session.api.get<{ openings: Openings }>(`/v1/openings?${query}`);
      for (let tries = 0; tries < TRIES && turn === this.#turn; tries++) {
        const fresh = await loadDays(this.session, first, days);
        if (turn !== this.#turn) return;
        this.#schedule.set(fresh);
        this.openings.value = openings;
        // An event overtook the answer, so it was not taken: ask again.
        if (this.#schedule.value.peek() === fresh) break;
      }
    } catch (error) {
      if (turn === this.#turn) this.problem.value = explain(error);
    } finally {
      if (turn === this.#turn) this.loading.value = false;
    }
  }

  /** Shows a visit beside the paper. */
  select(id: string | null): void {
    this.changes.select(id);
  }

  step(by: number): void {
    void this.show(this.view.peek(), plusDays(this.date.peek(), by * this.days));
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.changes.flush();
    this.booking.close();
    this.device.stop();
    this.tasks.close();
    this.#board.close();
    this.#schedule.close();
    this.live.stop();
  }
}

export function loadDays(session: Session, first: string, days: number): Promise<ScheduleAnswer> {
  return session.api.get<ScheduleAnswer>(`/v1/schedule?from=${first}&days=${days}`);
}
