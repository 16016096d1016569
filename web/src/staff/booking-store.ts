/** What is being booked: for whom, what, when (a proposed time that is held, or a typed one), and what will be sent. */
import { batch, computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import { newId, Problem } from "../lib/api";
import { now } from "./clock";
import type { Fault } from "./fields";
import { explain, type Session } from "./session";
import type { FoundPerson, Hold, LedgerLine, PlannedMessage, Provider, Row, Slot, SlotsAnswer, VisitType } from "./types";
import { offsetText } from "../lib/time";
import { instantsOf, toStart, wallOf, type Wall } from "./wall-time";
import { scheduleWords } from "./schedule-words";
import { words } from "./words";

export interface Lists {
  providers: Provider[];
  types: VisitType[];
}

export interface Booked {
  id: string;
  /** As answered; the live row takes over as soon as it is there. */
  row: Row;
  messages: PlannedMessage[];
  /** Everything that was booked at once: a group, a series. */
  rows?: Row[];
}

/** One date of a series before it is booked. */
export interface Occurrence {
  number: number;
  wall: string;
  state: "free" | "taken" | "nonexistent" | "ambiguous" | "left-out";
  start?: string | null;
  in_hours: boolean;
}

/** A person who was last where a provider has no licence (ISO 3166). */
export interface Outside {
  person_id: string;
  provider_id: string;
  region: string;
}

interface PreviewAnswer {
  messages: PlannedMessage[];
  outside?: string | null;
  others_outside?: Outside[];
}

/** People who see each other in one call, as the server has it: providers and patients. */
const IN_ONE_CALL = 12;

export type Preview = { state: "none" | "busy" } | { state: "ready"; messages: PlannedMessage[] } | { state: "failed"; text: string };
/** The proposed times: `gone` says that the ones before were taken meanwhile. */
export type Times =
  | { state: "none" | "busy" }
  | { state: "ready"; answer: SlotsAnswer; gone: boolean }
  | { state: "failed"; text: string };
export type When = { kind: "none" } | { kind: "slot"; slot: Slot; hold: Hold | null } | { kind: "typed" };

const PREVIEW_AFTER_MS = 150;
const NONE: When = { kind: "none" };

export class BookingStore {
  readonly person = signal<FoundPerson | null>(null);
  /** The name typed for a person to be added; null while nobody is being added. */
  readonly adding = signal<string | null>(null);
  readonly typeId = signal("");
  /** Empty: whoever is free. */
  readonly providerId = signal("");
  readonly interpreter = signal("");
  readonly reason = signal("");
  /** Other providers who are in the visit too. */
  readonly beside = signal<string[]>([]);
  /** Others who share the time. */
  readonly people = signal<FoundPerson[]>([]);
  /** How it repeats (`book-more`); empty: once. */
  readonly every = signal("");
  readonly count = signal("4");
  readonly occurrences = signal<Occurrence[] | null>(null);
  readonly leftOut = signal<string[]>([]);
  /** Times are looked for from this instant on; null: from now. */
  readonly from = signal<string | null>(null);
  readonly times = signal<Times>({ state: "none" });
  readonly when = signal<When>(NONE);
  readonly wall = signal<Wall>({ date: "", time: "" });
  readonly zone = signal("");
  /** Which of the two, where the clocks go back over the typed time; null: not said yet. */
  readonly which = signal<0 | 1 | null>(null);
  readonly faults = signal<Fault[]>([]);
  readonly preview = signal<Preview>({ state: "none" });
  readonly busy = signal(false);
  readonly booked = signal<Booked | null>(null);
  readonly ledger = signal<LedgerLine[]>([]);
  /** The person has another visit at the chosen time: said so, and asked whether it is meant. */
  readonly clash = signal<string | null>(null);
  /** Where the patient last was, when the provider is not licensed there. */
  readonly outside = signal<string | null>(null);
  /** The same of others who are in it: people who share the time, providers beside. */
  readonly othersOutside = signal<Outside[]>([]);
  /** Instants of the typed wall time: none when the clocks skip it, two when they show it twice. */
  readonly instants: ReadonlySignal<number[]>;
  readonly bookedRow: ReadonlySignal<Row | null>;
  readonly #stops: (() => void)[];
  /** One key for one set of wishes: pressing Book twice books once. */
  #key = newId();
  #turn = 0;

  constructor(
    readonly session: Session,
    readonly lists: Lists,
    readonly rowOf: (id: string) => Row | undefined,
    readonly onProblem: (sentence: string) => void,
  ) {
    this.zone.value = session.me.practice.zone;
    this.typeId.value = this.types[0]?.id ?? "";
    this.instants = computed(() => {
      const wall = this.wall.value;
      return wall.date && wall.time ? instantsOf(wall, this.zone.value) : [];
    });
    this.bookedRow = computed(() => {
      const booked = this.booked.value;
      return booked && (this.rowOf(booked.id) ?? booked.row);
    });
    this.#stops = [effect(() => this.#keepTimes()), effect(() => this.#keepPreview()), effect(() => this.#keepLedger())];
  }

  /** Kinds of visit that this role may book. */
  get types(): VisitType[] {
    return this.lists.types.filter((type) => type.booked_by.includes(this.session.me.role));
  }

  /** Who offers the kind that is chosen. */
  get providers(): Provider[] {
    const by = this.lists.types.find((type) => type.id === this.typeId.value)?.offered_by ?? [];
    return by.length === 0 ? this.lists.providers : this.lists.providers.filter((one) => by.includes(one.id));
  }

  chooseType(id: string): void {
    this.typeId.value = id;
    if (!this.providers.some((one) => one.id === this.providerId.value)) this.providerId.value = "";
  }

  /** The zone the patient lives by; null while it is not known. */
  get personZone(): string | null {
    const times = this.times.value;
    return (times.state === "ready" && times.answer.person?.zone) || null;
  }

  /** Whether it is more than one visit with one provider. */
  get isMore(): boolean {
    return this.every.value !== "" || this.people.value.length > 0 || this.beside.value.length > 0;
  }

  /** How many more people there is room for. */
  get room(): number {
    return IN_ONE_CALL - 2 - this.beside.value.length - this.people.value.length;
  }

  choosePerson(person: FoundPerson | null): void {
    batch(() => {
      this.#let(NONE);
      this.person.value = person;
      this.people.value = this.people.value.filter((one) => one.id !== person?.id);
      this.adding.value = null;
      this.from.value = null;
      this.interpreter.value = person?.needs.find((need) => need.kind === "interpreter")?.detail ?? "";
    });
  }

  /** Another wish: the time that was chosen for the one before is given back. */
  wish(change: () => void): void {
    batch(() => {
      if (this.when.value.kind === "slot") this.#let(NONE);
      change();
    });
  }

  /** Proposals again, from a moment after the last one shown. */
  later(): void {
    const times = this.times.value;
    const last = times.state === "ready" ? times.answer.slots.at(-1) : undefined;
    if (last) this.wish(() => (this.from.value = new Date(Date.parse(last.start) + 60_000).toISOString().replace(/\.\d+Z$/, "Z")));
  }

  /** Takes a proposed time: from now on nobody else can book it for two minutes. */
  async choose(slot: Slot): Promise<void> {
    const turn = this.#let({ kind: "slot", slot, hold: null });
    this.faults.value = [];
    try {
      const wish = { provider_id: slot.provider_id, visit_type_id: this.typeId.value, start: slot.start };
      const hold = await this.session.api.post<Hold>("/v1/holds", wish);
      if (turn === this.#turn) this.when.value = { kind: "slot", slot, hold };
      else this.#giveBack(hold);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.when.value = NONE;
      if (!this.#tookNext(error)) this.faults.value = faultsOf(error);
    }
  }

  /** A time typed by hand instead of a proposed one. */
  type(): void {
    batch(() => {
      this.#let({ kind: "typed" });
      if (!this.wall.value.date) this.wall.value = { date: wallOf(now.peek(), this.zone.value).date, time: "" };
    });
  }

  typeWall(wall: Wall, zone = this.zone.value): void {
    batch(() => {
      this.which.value = null;
      this.wall.value = wall;
      this.zone.value = zone;
      this.faults.value = this.faults.value.filter((fault) => fault.field !== "time");
    });
  }

  proposals(): void {
    this.#let(NONE);
  }

  #let(next: When): number {
    const before = this.when.peek();
    this.when.value = next;
    if (before.kind === "slot" && before.hold) this.#giveBack(before.hold);
    return ++this.#turn;
  }

  #giveBack(hold: Hold): void {
    this.session.api.delete(`/v1/holds/${hold.id}`, { keepalive: true }).catch((error: unknown) => {
      // It may have run out, or nobody answers: then it runs out by itself.
      if (!(error instanceof Problem)) throw error;
    });
  }

  /** Whoever was faster left the next free times: shown in place of the old ones. */
  #tookNext(error: unknown): boolean {
    if (!(error instanceof Problem) || error.slug !== "slot-taken") return false;
    const { next_free: slots = [] } = (error.body ?? {}) as { next_free?: Slot[] };
    const times = this.times.peek();
    if (times.state !== "ready") return false;
    const none = slots.length > 0 ? null : ("none-free" as const);
    this.times.value = { state: "ready", answer: { ...times.answer, slots, none }, gone: true };
    return slots.length > 0;
  }

  #keepTimes(): (() => void) | undefined {
    const person = this.person.value;
    if (!person || !this.typeId.value) {
      this.times.value = { state: "none" };
      return undefined;
    }
    const query = new URLSearchParams({ visit_type_id: this.typeId.value, person_id: person.id });
    if (this.providerId.value) query.set("provider_id", this.providerId.value);
    if (this.from.value) query.set("from", this.from.value);
    const abort = new AbortController();
    this.times.value = { state: "busy" };
    this.session.api.get<SlotsAnswer>(`/v1/slots?${query.toString()}`, { signal: abort.signal }).then(
      (answer) => (this.times.value = { state: "ready", answer, gone: false }),
      (error: unknown) => {
        if (!abort.signal.aborted) this.times.value = { state: "failed", text: explain(error) };
      },
    );
    return () => abort.abort();
  }

  /** The typed time as the server wants it; with its offset where the wall time alone would not say which. */
  #typedStart(): string | null {
    const { date, time } = this.wall.value;
    if (!date || !time) return null;
    const instants = this.instants.value;
    if (instants.length < 2) return toStart(this.wall.value);
    const which = this.which.value === null ? undefined : instants[this.which.value];
    return which === undefined ? null : toStart(this.wall.value) + offsetText(which, this.zone.value);
  }

  #body(): Record<string, unknown> | null {
    const person = this.person.value;
    const when = this.when.value;
    if (!person || !this.typeId.value || when.kind === "none") return null;
    const typed = when.kind === "typed" ? this.#typedStart() : null;
    if (when.kind === "typed" && (!typed || !this.providerId.value || this.instants.value.length === 0)) return null;
    return {
      person_id: person.id,
      visit_type_id: this.typeId.value,
      ...(when.kind === "slot"
        ? { provider_id: when.slot.provider_id, start: when.slot.start }
        : { provider_id: this.providerId.value, start: typed, zone: this.zone.value }),
      ...(this.reason.value.trim() ? { reason: this.reason.value.trim() } : {}),
      ...(this.interpreter.value ? { interpreter: this.interpreter.value } : {}),
      ...(this.#others(when).length > 0 ? { co_provider_ids: this.#others(when) } : {}),
    };
  }

  /** Who is in it beside the one it is with. */
  #others(when: When): string[] {
    const main = when.kind === "slot" ? when.slot.provider_id : this.providerId.value;
    return this.beside.value.filter((one) => one !== main);
  }

  /** The same wishes for several people or dates; null when it is one visit. */
  #many(body: Record<string, unknown>, evenSo: boolean): { path: string; body: Record<string, unknown> } | null {
    if (!this.every.value && this.people.value.length === 0) return null;
    const { person_id, reason, interpreter, ...shared } = body;
    const even = evenSo ? { even_so: true } : {};
    const first = { person_id, ...even, ...(reason ? { reason } : {}), ...(interpreter ? { interpreter } : {}) };
    const people = [first, ...this.people.value.map((one) => ({ person_id: one.id, ...even, ...(reason ? { reason } : {}) }))];
    const [freq, every] = this.every.value.split("-").reverse() as [string, string?];
    if (!freq) return { path: "/v1/groups", body: { ...shared, people } };
    const repeat = { freq, interval: Number(every ?? 1), count: Number(this.count.value) };
    const choices = this.leftOut.value.map((wall) => ({ wall, start: null }));
    return { path: "/v1/series", body: { ...shared, people, repeat, choices } };
  }

  /** The dates of a series, with what stands in the way of each. */
  async layOut(): Promise<void> {
    this.faults.value = this.#missing();
    const body = this.#body();
    const many = body && this.#many(body, false);
    if (this.faults.value.length > 0 || many?.path !== "/v1/series") return;
    await this.#letGo();
    this.leftOut.value = [];
    try {
      const answer = await this.session.api.post<{ occurrences: Occurrence[] }>("/v1/series/preview", many.body);
      this.occurrences.value = answer.occurrences;
    } catch (error) {
      this.faults.value = faultsOf(error);
    }
  }

  /** A series takes its times by itself: what is held for one of them would stand in its way. */
  async #letGo(): Promise<void> {
    const when = this.when.peek();
    if (when.kind !== "slot" || !when.hold) return;
    const { hold } = when;
    this.when.value = { ...when, hold: null };
    await this.session.api.delete(`/v1/holds/${hold.id}`).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
    });
  }

  /** Any wish changed: ask, a moment later, what would be sent. */
  #keepPreview(): (() => void) | undefined {
    const body = this.#body();
    this.#key = newId();
    this.clash.value = null;
    this.outside.value = null;
    this.othersOutside.value = [];
    const others = this.people.value.map((one) => one.id);
    if (!body) {
      this.preview.value = { state: "none" };
      return undefined;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => void this.#ask({ ...body, ...(others.length > 0 ? { others } : {}) }, abort.signal), PREVIEW_AFTER_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }

  async #ask(body: Record<string, unknown>, abort: AbortSignal): Promise<void> {
    if (this.preview.peek().state !== "ready") this.preview.value = { state: "busy" };
    try {
      const answer = await this.session.api.post<PreviewAnswer>("/v1/appointments/preview", body, { signal: abort });
      this.outside.value = answer.outside ?? null;
      this.othersOutside.value = answer.others_outside ?? [];
      this.preview.value = { state: "ready", messages: answer.messages };
    } catch (error) {
      if (abort.aborted) return;
      if (isClash(error)) {
        this.clash.value = explain(error);
        this.preview.value = { state: "none" };
      } else this.preview.value = { state: "failed", text: explain(error) };
    }
  }

  #missing(): Fault[] {
    const m = words.value.book.missing;
    const w = scheduleWords.value.times;
    const faults: Fault[] = [];
    if (!this.person.value) return [{ field: "find", text: m.person }];
    if (!this.typeId.value) faults.push({ field: "type", text: m.type });
    const times = Number(this.count.value);
    if (this.every.value && !(Number.isInteger(times) && times >= 2 && times <= 52)) faults.push({ field: "count", text: w.countMissing });
    if (this.when.value.kind === "none") faults.push({ field: "slot-1", text: w.missing });
    if (this.when.value.kind !== "typed") return faults;
    if (!this.providerId.value) faults.push({ field: "provider", text: m.provider });
    if (!this.wall.value.date) faults.push({ field: "date", text: m.date });
    if (!this.wall.value.time) faults.push({ field: "time", text: m.time });
    else if (this.wall.value.date && this.instants.value.length === 0) faults.push({ field: "time", text: w.skipped });
    else if (this.instants.value.length === 2 && this.which.value === null) faults.push({ field: "which-0", text: w.whichMissing });
    return faults;
  }

  async book(evenSo = false): Promise<void> {
    if (this.busy.value) return;
    this.faults.value = this.#missing();
    const body = this.#body();
    if (this.faults.value.length > 0 || !body) return;
    const many = this.#many(body, evenSo);
    this.busy.value = true;
    if (many?.path === "/v1/series") await this.#letGo();
    const when = this.when.peek();
    const hold = when.kind === "slot" && when.hold ? { hold_id: when.hold.id } : {};
    try {
      if (many) {
        const { rows } = await this.session.api.post<{ rows: Row[] }>(many.path, { ...many.body, ...hold }, { key: this.#key });
        const [row] = rows;
        if (row) this.#took({ id: row.id, row, messages: [], rows });
        return;
      }
      const answer = await this.session.api.post<{ row: Row; messages: PlannedMessage[] }>("/v1/appointments", { ...body, ...hold, ...(evenSo ? { even_so: true } : {}) }, { key: this.#key });
      this.#took({ id: answer.row.id, row: answer.row, messages: answer.messages });
    } catch (error) {
      this.#key = newId();
      if (isClash(error)) {
        this.clash.value = explain(error);
        return;
      }
      const next = this.#tookNext(error);
      if (next && when.kind === "slot") this.#let(NONE);
      if (!next || when.kind === "typed") this.faults.value = faultsOf(error);
    } finally {
      this.busy.value = false;
    }
  }

  #took(booked: Booked): void {
    batch(() => {
      this.when.value = NONE;
      this.#turn++;
      this.ledger.value = [];
      this.booked.value = booked;
    });
  }

  /** Whenever the booked row changes (a text was delivered, say), its messages' states are read again. */
  #keepLedger(): void {
    const row = this.bookedRow.value;
    if (!row) return;
    this.session.api.get<{ lines: LedgerLine[] }>(`/v1/appointments/${row.id}/ledger`).then(
      ({ lines }) => {
        if (this.booked.peek()?.id === row.id) this.ledger.value = lines;
      },
      (error: unknown) => this.onProblem(explain(error)),
    );
  }

  again(): void {
    batch(() => {
      this.booked.value = null;
      this.choosePerson(null);
      this.reason.value = "";
      this.beside.value = [];
      this.people.value = [];
      this.every.value = "";
      this.occurrences.value = null;
      this.leftOut.value = [];
      this.wall.value = { date: "", time: "" };
      this.which.value = null;
      this.faults.value = [];
    });
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#let(NONE);
  }
}

/** Whether a person has another visit at that time: a question, no fault. */
export function isClash(error: unknown): boolean {
  return error instanceof Problem && error.slug === "person-elsewhere";
}

const BOOK_FIELDS: Record<string, string> = {
  start: "time",
  zone: "zone",
  person_id: "find",
  provider_id: "provider",
  visit_type_id: "type",
  reason: "reason",
  interpreter: "interpreter",
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
