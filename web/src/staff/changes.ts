/** What the desk does with a visit that is booked: choose it, move it, call it off. */
import { batch, signal } from "@preact/signals";
import { Problem } from "../lib/api";
import { isClash } from "./booking-store";
import { explain, type Session } from "./session";
import type { Scope, Slot, Slotted, SlotsAnswer } from "./types";

/** So long a visit that was called off can be kept: nothing has left yet. */
export const UNDO_MS = 6_000;

export interface Target {
  start: string;
  provider_id: string;
}

export type Proposals = { state: "none" | "busy" } | { state: "ready"; slots: Slot[] } | { state: "failed"; text: string };

/** What was just done, said aloud, with the way back. */
export interface Done {
  kind: "moved" | "cancelled";
  row: Slotted;
  /** Where it stood before. */
  was: Target;
}

export class Changes {
  readonly selected = signal<string | null>(null);
  /** How far the next change of the chosen visit reaches. */
  readonly scope = signal<Scope>("this");
  readonly proposals = signal<Proposals>({ state: "none" });
  /** Visits on their way to another place from the version that was seen, until a newer row arrives or the server refuses. */
  readonly going = signal<ReadonlyMap<string, Target & { version: number }>>(new Map());
  /** Called off here, not yet on the server. */
  readonly leaving = signal<Slotted | null>(null);
  readonly done = signal<Done | null>(null);
  readonly problem = signal<string | null>(null);
  /** A move that waits for a yes: its person has another visit then. */
  readonly clash = signal<{ row: Slotted; to: Target; text: string } | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #send: (() => void) | null = null;

  constructor(
    readonly session: Session,
    readonly rowOf: (id: string) => Slotted | undefined,
  ) {}

  select(id: string | null): void {
    batch(() => {
      this.selected.value = id;
      this.scope.value = "this";
      this.problem.value = null;
      this.clash.value = null;
      this.proposals.value = { state: "none" };
    });
    if (id !== null) void this.propose();
  }

  /** Other times for the chosen visit, with whom it is now or with somebody else. */
  async propose(provider_id?: string): Promise<void> {
    const row = this.rowOf(this.selected.peek() ?? "");
    if (!row || row.status !== "booked") return;
    this.proposals.value = { state: "busy" };
    const query = new URLSearchParams({ visit_type_id: row.visit_type.id, person_id: row.person.id, provider_id: provider_id ?? row.provider.id });
    try {
      const { slots } = await this.session.api.get<SlotsAnswer>(`/v1/slots?${query.toString()}`);
      if (this.selected.peek() === row.id) this.proposals.value = { state: "ready", slots };
    } catch (error) {
      this.proposals.value = { state: "failed", text: explain(error) };
    }
  }

  /** Only what was said for the chosen visit; a visit that is dragged goes alone. */
  #reach(row: Slotted): { scope?: Scope } {
    return this.selected.peek() === row.id && this.scope.peek() !== "this" ? { scope: this.scope.peek() } : {};
  }

  /** Writes the note for the desk. True when it was taken. */
  async note(row: Slotted, note: string): Promise<boolean> {
    try {
      await this.session.api.put(`/v1/appointments/${row.id}/note`, { version: row.version, note: note.trim() || null });
      return true;
    } catch (error) {
      this.problem.value = explain(error);
      return false;
    }
  }

  /** Moves a visit. `row` is what was seen: when it has changed since, nothing happens and the page says so. */
  async move(row: Slotted, to: Target, evenSo = false): Promise<boolean> {
    if (to.start === row.start && to.provider_id === row.provider.id) return true;
    const was = { start: row.start, provider_id: row.provider.id };
    batch(() => {
      this.problem.value = null;
      this.clash.value = null;
      this.done.value = null;
      this.going.value = new Map([...this.going.peek(), [row.id, { ...to, version: row.version }]]);
    });
    try {
      await this.session.api.post(`/v1/appointments/${row.id}/move`, { version: row.version, ...to, ...this.#reach(row), ...(evenSo ? { even_so: true } : {}) });
      this.done.value = { kind: "moved", row, was };
      return true;
    } catch (error) {
      this.going.value = new Map([...this.going.peek()].filter(([id]) => id !== row.id));
      if (isClash(error)) this.clash.value = { row, to, text: explain(error) };
      else this.#refused(row, error);
      return false;
    }
  }

  /** Where a visit is going to. The answer may come before the live row: it does not jump back in between. */
  wayOf(row: Slotted): Target | undefined {
    const to = this.going.value.get(row.id);
    return to?.version === row.version ? to : undefined;
  }

  /** The way back of the last move: another move, which the patient is told of as well. */
  async moveBack(): Promise<void> {
    const done = this.done.peek();
    const row = done && this.rowOf(done.row.id);
    if (row && done.kind === "moved") await this.move(row, done.was);
  }

  #refused(row: Slotted, error: unknown): void {
    batch(() => {
      this.problem.value = explain(error);
      if (!(error instanceof Problem) || error.slug !== "slot-taken") return;
      const { next_free: slots = [] } = (error.body ?? {}) as { next_free?: Slot[] };
      this.selected.value = row.id;
      this.proposals.value = { state: "ready", slots };
    });
  }

  /** Calls a visit off after a moment in which it can be kept; closing the page sends it at once. */
  cancel(row: Slotted, reason: "pat" | "prov" | "other"): void {
    this.#send?.();
    const body = { version: row.version, reason, ...this.#reach(row) };
    batch(() => {
      this.leaving.value = row;
      this.done.value = null;
      this.selected.value = null;
    });
    this.#send = () => {
      clearTimeout(this.#timer);
      this.#send = null;
      if (this.leaving.peek() === row) this.leaving.value = null;
            this.session.api.post(`/v1/appointments/${row.id}/cancel`, body, { keepalive: true }).then(
        () => (this.done.value = { kind: "cancelled", row, was: { start: row.start, provider_id: row.provider.id } }),
        (error: unknown) => (this.problem.value = explain(error)),
      );
    };
    this.#timer = setTimeout(() => this.#send?.(), UNDO_MS);
  }

  keep(): void {
    clearTimeout(this.#timer);
    this.#send = null;
    this.leaving.value = null;
  }

  /** What waits for its moment is done now. */
  flush(): void {
    this.#send?.();
  }
}
