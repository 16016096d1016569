/** The scheduler's state: the day (live), what is being booked, the preview of what will be sent. */
import { batch, computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import type { StaffDevice } from "../chat/device";
import { newId, Problem } from "../lib/api";
import type { Live, SnapshotHandle } from "../lib/live";
import { dayKey } from "../lib/time";
import type { BoardAnswer } from "./board-store";
import { now, setServerTime } from "./clock";
import type { Fault } from "./fields";
import { explain, type Session } from "./session";
import { staffDevice } from "./staff-device";
import type { FoundPerson, LedgerLine, PlannedMessage, Provider, Row, VisitType } from "./types";
import { toStart, type Wall } from "./wall-time";
import { words } from "./words";

export interface Lists {
  providers: Provider[];
  types: VisitType[];
}

export interface Booked {
  id: string;
  /** As answered; the day's row takes over as soon as it is there. */
  row: Row;
  messages: PlannedMessage[];
}

export type Preview = { state: "none" | "busy" } | { state: "ready"; messages: PlannedMessage[] } | { state: "failed"; text: string };

const PREVIEW_AFTER_MS = 250;

export class ScheduleStore {
  readonly person = signal<FoundPerson | null>(null);
  /** The name typed for a person to be added; null while nobody is being added. */
  readonly adding = signal<string | null>(null);
  readonly typeId = signal("");
  readonly providerId = signal("");
  readonly wall = signal<Wall>({ date: "", time: "" });
  readonly reason = signal("");
  readonly faults = signal<Fault[]>([]);
  readonly preview = signal<Preview>({ state: "none" });
  readonly busy = signal(false);
  readonly booked = signal<Booked | null>(null);
  readonly ledger = signal<LedgerLine[]>([]);
  readonly problem = signal<string | null>(null);
  readonly rows: ReadonlySignal<Row[]>;
  readonly bookedRow: ReadonlySignal<Row | null>;
  readonly #handle: SnapshotHandle<BoardAnswer>;
  readonly device: StaffDevice;
  readonly #stops: (() => void)[] = [];
  /** One key for one set of wishes: pressing Book twice books once. */
  #key = newId();

  constructor(
    readonly session: Session,
    readonly live: Live,
    readonly lists: Lists,
    first: BoardAnswer,
    load: () => Promise<BoardAnswer>,
  ) {
    this.#handle = live.snapshot(`board:${session.me.practice.id}`, first, load);
    this.device = staffDevice(session, live);
    this.typeId.value = lists.types[0]?.id ?? "";
    this.providerId.value = lists.providers[0]?.id ?? "";
    this.rows = computed(() => Object.values(this.board.rows).sort((a, b) => a.start.localeCompare(b.start)));
    this.bookedRow = computed(() => {
      const booked = this.booked.value;
      return booked && (this.board.rows[booked.id] ?? booked.row);
    });
    this.#stops.push(
      effect(() => {
        const at = this.board.now;
        if (at) setServerTime(at);
      }),
      effect(() => this.#keepPreview()),
      effect(() => this.#keepLedger()),
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

  #body(): Record<string, unknown> | null {
    const person = this.person.value;
    const wall = this.wall.value;
    if (!person || !this.typeId.value || !this.providerId.value || !wall.date || !wall.time) return null;
    return {
      person_id: person.id,
      provider_id: this.providerId.value,
      visit_type_id: this.typeId.value,
      start: toStart(wall),
      zone: this.zone,
      ...(this.reason.value.trim() ? { reason: this.reason.value.trim() } : {}),
    };
  }

  /** Any wish changed: ask, a moment later, what would be sent. */
  #keepPreview(): (() => void) | undefined {
    const body = this.#body();
    this.#key = newId();
    if (!body) {
      this.preview.value = { state: "none" };
      return undefined;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => void this.#ask(body, abort.signal), PREVIEW_AFTER_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }

  async #ask(body: Record<string, unknown>, abort: AbortSignal): Promise<void> {
    if (this.preview.peek().state !== "ready") this.preview.value = { state: "busy" };
    try {
      const answer = await this.session.api.post<{ messages: PlannedMessage[] }>("/v1/appointments/preview", body, { signal: abort });
      this.preview.value = { state: "ready", messages: answer.messages };
    } catch (error) {
      if (abort.aborted) return;
      this.preview.value = { state: "failed", text: explain(error) };
    }
  }

  #missing(): Fault[] {
    const m = words.value.book.missing;
    const faults: Fault[] = [];
    if (!this.person.value) faults.push({ field: "find", text: m.person });
    if (!this.typeId.value) faults.push({ field: "type", text: m.type });
    if (!this.providerId.value) faults.push({ field: "provider", text: m.provider });
    if (!this.wall.value.date) faults.push({ field: "date", text: m.date });
    if (!this.wall.value.time) faults.push({ field: "time", text: m.time });
    return faults;
  }

  async book(): Promise<void> {
    if (this.busy.value) return;
    this.faults.value = this.#missing();
    const body = this.#body();
    if (this.faults.value.length > 0 || !body) return;
    this.busy.value = true;
    try {
      const answer = await this.session.api.post<{ row: Row; messages: PlannedMessage[] }>("/v1/appointments", body, { key: this.#key });
      batch(() => {
        this.ledger.value = [];
        this.booked.value = { id: answer.row.id, row: answer.row, messages: answer.messages };
      });
    } catch (error) {
      this.#key = newId();
      this.faults.value = faultsOf(error);
    } finally {
      this.busy.value = false;
    }
  }

  /** Whenever the booked row changes (a text was delivered, say), its messages' states are read again. */
  #keepLedger(): void {
    const row = this.bookedRow.value;
    if (!row) return;
    this.session.api.get<{ lines: LedgerLine[] }>(`/v1/appointments/${row.id}/ledger`).then(
      ({ lines }) => {
        if (this.booked.peek()?.id === row.id) this.ledger.value = lines;
      },
      (error: unknown) => {
        this.problem.value = explain(error);
      },
    );
  }

  again(): void {
    batch(() => {
      this.booked.value = null;
      this.person.value = null;
      this.adding.value = null;
      this.reason.value = "";
      this.wall.value = { date: "", time: "" };
      this.faults.value = [];
    });
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.device.stop();
    this.#handle.close();
    this.live.stop();
  }
}

const BOOK_FIELDS: Record<string, string> = {
  start: "time",
  person_id: "find",
  provider_id: "provider",
  visit_type_id: "type",
  reason: "reason",
};

/** The server's refusal at the field it belongs to; `fields` maps a payload member to a field's id. */
export function faultsOf(error: unknown, fields: Record<string, string> = BOOK_FIELDS): Fault[] {
  if (error instanceof Problem) {
    if (error.slug === "slot-taken") return [{ field: "time", text: words.value.book.taken }];
    const known = error.errors.map(({ pointer, detail }) => ({ field: fields[pointer.split("/").at(-1) ?? ""] ?? "", text: detail }));
    if (known.length > 0) return known;
  }
  return [{ field: "", text: explain(error) }];
}
