/** The scheduler's state: the day (live), and what is being booked. */
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import type { StaffDevice } from "../chat/device";
import type { Live, SnapshotHandle } from "../lib/live";
import { dayKey } from "../lib/time";
import type { BoardAnswer } from "./board-store";
import { BookingStore, type Lists } from "./booking-store";
import { now, setServerTime } from "./clock";
import type { Session } from "./session";
import { staffDevice } from "./staff-device";
import type { Row } from "./types";

export class ScheduleStore {
  readonly problem = signal<string | null>(null);
  readonly rows: ReadonlySignal<Row[]>;
  readonly booking: BookingStore;
  readonly device: StaffDevice;
  readonly #handle: SnapshotHandle<BoardAnswer>;
  readonly #stops: (() => void)[] = [];

  constructor(
    readonly session: Session,
    readonly live: Live,
    readonly lists: Lists,
    first: BoardAnswer,
    load: () => Promise<BoardAnswer>,
  ) {
    this.#handle = live.snapshot(`board:${session.me.practice.id}`, first, load);
    this.device = staffDevice(session, live);
    this.rows = computed(() => Object.values(this.board.rows).sort((a, b) => a.start.localeCompare(b.start)));
    this.booking = new BookingStore(
      session,
      lists,
      (id) => this.board.rows[id],
      (sentence) => (this.problem.value = sentence),
    );
    this.#stops.push(
      effect(() => {
        const at = this.board.now;
        if (at) setServerTime(at);
      }),
      // Whoever is at work signs the invites, so that a new patient's phone can write at once.
      effect(() => void this.device.ensureInvites(this.rows.value)),
    );
    this.device.start();
  }

  get board(): BoardAnswer {
    return this.#handle.value.value;
  }

  get zone(): string {
    return this.session.me.practice.zone;
  }

  /** Rows of today by the clinic's calendar, and the rest. */
  days(): { today: Row[]; others: Row[] } {
    const today = dayKey(new Date(now.value), this.zone);
    const isToday = (row: Row): boolean => dayKey(row.start, this.zone) === today;
    return { today: this.rows.value.filter(isToday), others: this.rows.value.filter((row) => !isToday(row)) };
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.booking.close();
    this.device.stop();
    this.#handle.close();
    this.live.stop();
  }
}
