/** Hours as they are edited: one owner's week (the practice's, or a provider's), the days that differ, the kinds of visit. */
import { batch, signal, type Signal } from "@preact/signals";
import { scheduleWords } from "./schedule-words";
import { Sending } from "./sending";
import type { Session } from "./session";
import type { Provider, VisitType } from "./types";

export interface Stretch {
  weekday: number;
  begins: string;
  ends: string;
  valid_from?: string | null;
  valid_until?: string | null;
}

export interface Special {
  id: string;
  day: string;
  kind: "closed" | "extra";
  begins: string;
  ends: string;
  practice: boolean;
}

export interface Hours {
  owner_id: string;
  own: boolean;
  zone: string;
  step: number;
  notice: number;
  hours: Stretch[];
  exceptions: Special[];
}

export interface NewDay {
  day: string;
  kind: "closed" | "extra";
  begins: string;
  ends: string;
}

export type TypeDraft = Omit<VisitType, "id"> & { id: string | null; active: boolean };

/** Midnight at the end of a day is 24:00 on the wire and 00:00 in a time field. */
export const endOnWire = (time: string): string => (time === "00:00" ? "24:00" : time);
export const endInField = (time: string): string => (time === "24:00" ? "00:00" : time);

const WORKDAYS = [2, 3, 4, 5];

/** The first weekday's stretches on every working day after it. */
export function likeMonday(hours: readonly Stretch[]): Stretch[] {
  const monday = hours.filter((one) => one.weekday === 1);
  const rest = hours.filter((one) => !WORKDAYS.includes(one.weekday));
  return [...rest, ...WORKDAYS.flatMap((weekday) => monday.map((one) => ({ ...one, weekday })))];
}

/** One more stretch of a day: the morning, or what follows the last one. */
export function nextStretch(hours: readonly Stretch[], weekday: number): Stretch {
  const last = hours.filter((one) => one.weekday === weekday).at(-1);
  return last && last.ends < "18:00" ? { weekday, begins: last.ends < "13:00" ? "13:00" : last.ends, ends: "18:00" } : { weekday, begins: "09:00", ends: "12:30" };
}

export class HoursStore extends Sending {
  /** The practice's id, or a provider's. */
  readonly owner = signal("");
  readonly saved: Signal<Hours>;
  readonly draft: Signal<Hours>;
  readonly kinds: Signal<VisitType[]>;
  readonly kind = signal<TypeDraft | null>(null);

  constructor(
    readonly session: Session,
    readonly providers: Provider[],
    types: VisitType[],
    readonly practice: Hours,
  ) {
    super();
    this.saved = signal(practice);
    this.draft = signal(practice);
    this.kinds = signal(types);
    this.owner.value = practice.owner_id;
  }

  get isPractice(): boolean {
    return this.owner.value === this.practice.owner_id;
  }

  get changed(): boolean {
    return JSON.stringify(this.#week(this.draft.value)) !== JSON.stringify(this.#week(this.saved.value));
  }

  get mayEditKinds(): boolean {
    return this.session.me.role === "admin";
  }

  #path(what: "hours" | "exceptions"): string {
    return this.isPractice ? `/v1/practice/${what}` : `/v1/providers/${this.owner.value}/${what}`;
  }

  async open(owner: string): Promise<void> {
    if (this.changed) {
      this.problem.value = scheduleWords.value.hours.unsavedFirst;
      return;
    }
    await this.send(async () => {
      this.owner.value = owner;
      this.#show(await this.session.api.get<Hours>(this.#path("hours")));
    });
  }

  #show(hours: Hours): void {
    if (hours.owner_id !== this.owner.value) return;
    batch(() => {
      this.saved.value = hours;
      this.draft.value = hours;
      this.faults.value = [];
    });
  }

  edit(part: Partial<Hours>): void {
    this.said.value = "";
    this.draft.value = { ...this.draft.value, ...part };
  }

  editStretch(at: number, part: Partial<Stretch>): void {
    this.edit({ hours: this.draft.value.hours.map((one, place) => (place === at ? { ...one, ...part } : one)) });
  }

  #week(hours: Hours): Record<string, unknown> {
    const { zone, step, notice } = hours;
    return {
      zone,
      step,
      notice,
      hours: hours.hours.map((one) => ({ ...one, valid_from: one.valid_from || null, valid_until: one.valid_until || null })),
    };
  }

  undo(): void {
    this.#show(this.saved.value);
  }

  async save(said: string): Promise<void> {
    await this.send(async () => {
      this.#show(await this.session.api.put<Hours>(this.#path("hours"), this.#week(this.draft.value)));
      this.said.value = said;
    });
  }

  async forget(said: string): Promise<void> {
    await this.send(async () => {
      this.#show(await this.session.api.delete<Hours>(this.#path("hours")));
      this.said.value = said;
    });
  }

  /** Adds a day that differs. True when it was taken. */
  async addDay(day: NewDay): Promise<boolean> {
    const whole = !day.begins && !day.ends;
    const body = { day: day.day, kind: day.kind, ...(whole ? {} : { begins: day.begins || null, ends: endOnWire(day.ends) || null }) };
    return this.send(async () => {
      const made = await this.session.api.post<Special>(this.#path("exceptions"), body);
      const exceptions = [...this.saved.value.exceptions, made].sort((a, b) => (a.day + a.begins).localeCompare(b.day + b.begins));
      this.saved.value = { ...this.saved.value, exceptions };
    }, "day-");
  }

  async removeDay(special: Special): Promise<void> {
    const path = special.practice ? "/v1/practice/exceptions" : this.#path("exceptions");
    await this.send(async () => {
      await this.session.api.delete(`${path}/${special.id}`);
      this.saved.value = { ...this.saved.value, exceptions: this.saved.value.exceptions.filter((one) => one !== special) };
    });
  }

  /** Adds the kind of visit that is being written, or changes it. */
  async saveKind(draft: TypeDraft): Promise<void> {
    const { id, ...body } = draft;
    await this.send(async () => {
      const made = id
        ? await this.session.api.put<VisitType>(`/v1/visit-types/${id}`, body)
        : await this.session.api.post<VisitType>("/v1/visit-types", body);
      const others = this.kinds.value.filter((one) => one.id !== made.id);
      this.kinds.value = (draft.active ? [...others, made] : others).sort((a, b) => a.name.localeCompare(b.name));
      this.kind.value = null;
    }, "kind-");
  }
}
