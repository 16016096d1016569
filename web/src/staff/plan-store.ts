/** The plan of messages as it is edited: of the practice, or of one kind of visit. */
import { batch, computed, signal, type Signal } from "@preact/signals";
import { Sending } from "./sending";
import type { Session } from "./session";
import { settingsWords } from "./settings-words";
import type { VisitType } from "./types";

export type RuleKind = "confirmation" | "reminder" | "unconfirmed" | "link" | "rescue" | "noshow";
export type Unit = "days" | "hours" | "minutes" | "after";

export interface Rule {
  kind: RuleKind;
  channels: string[];
  days: number;
  minutes: number;
  on: boolean;
}

export interface Plan {
  owner_id: string;
  source: "visit-type" | "practice" | "default";
  rules: Rule[];
  changed_at: string | null;
  replanned: number;
}

export interface Plans {
  practice: Plan;
  visit_types: Record<string, Plan>;
}

/** A rule as its row shows it: an amount as it was typed and a unit. */
export interface RuleDraft {
  kind: RuleKind;
  channels: string;
  on: boolean;
  amount: string;
  unit: Unit;
}

export function draftOf(rule: Rule): RuleDraft {
  const { kind, on } = rule;
  const channels = rule.channels.join(",");
  if (rule.days > 0) return { kind, on, channels, amount: String(rule.days), unit: "days" };
  if (rule.minutes < 0) return { kind, on, channels, amount: String(-rule.minutes), unit: "after" };
  const hours = kind !== "link" && rule.minutes >= 60 && rule.minutes % 60 === 0;
  return { kind, on, channels, amount: String(hours ? rule.minutes / 60 : rule.minutes), unit: hours ? "hours" : "minutes" };
}

const MINUTES: Record<Unit, number> = { days: 0, hours: 60, minutes: 1, after: -1 };

export function ruleOf(draft: RuleDraft): Rule {
  const amount = Math.round(Number(draft.amount)) || 0;
  const days = draft.unit === "days" ? amount : 0;
  return { kind: draft.kind, channels: draft.channels.split(","), days, minutes: amount * MINUTES[draft.unit], on: draft.on };
}

export class PlanStore extends Sending {
  /** A kind of visit, or empty for the practice. */
  readonly owner = signal("");
  readonly draft: Signal<RuleDraft[]>;
  readonly #plans: Signal<Plans>;

  constructor(
    readonly session: Session,
    readonly kinds: VisitType[],
    plans: Plans,
  ) {
    super();
    this.#plans = signal(plans);
    this.draft = signal(plans.practice.rules.map(draftOf));
  }

  /** The plan that holds for the owner: its own, or the practice's. */
  readonly plan = computed<Plan>(() => this.#plans.value.visit_types[this.owner.value] ?? this.#plans.value.practice);

  get own(): boolean {
    return this.owner.value === "" ? this.plan.value.source === "practice" : this.owner.value in this.#plans.value.visit_types;
  }

  get mayEdit(): boolean {
    return this.session.me.role === "admin";
  }

  get changed(): boolean {
    const saved = this.plan.value.rules.map(draftOf);
    return JSON.stringify(this.draft.value) !== JSON.stringify(saved);
  }

  open(owner: string): void {
    if (this.changed) {
      this.problem.value = settingsWords.value.unsavedFirst;
      return;
    }
    batch(() => {
      this.owner.value = owner;
      this.undo();
    });
  }

  undo(): void {
    batch(() => {
      this.draft.value = this.plan.value.rules.map(draftOf);
      this.clear();
    });
  }

  edit(at: number, part: Partial<RuleDraft>): void {
    this.said.value = "";
    this.draft.value = this.draft.value.map((one, place) => (place === at ? { ...one, ...part } : one));
  }

  remove(at: number): void {
    this.faults.value = [];
    this.draft.value = this.draft.value.filter((_, place) => place !== at);
  }

  /** One more reminder, after those that are there. */
  add(): number {
    const known = this.draft.value;
    const after = known.reduce((last, one, place) => (one.kind === "reminder" || one.kind === "confirmation" ? place + 1 : last), 0);
    const made: RuleDraft = { kind: "reminder", channels: "sms,voice,email", on: true, amount: "1", unit: "days" };
    this.draft.value = [...known.slice(0, after), made, ...known.slice(after)];
    return after;
  }

  get #path(): string {
    return this.owner.value ? `/v1/visit-types/${this.owner.value}/reminder-plan` : "/v1/practice/reminder-plan";
  }

  async save(): Promise<void> {
    const seen = this.own ? this.plan.value.changed_at : null;
    await this.#try(() => this.session.api.put<Plan>(this.#path, { rules: this.draft.value.map(ruleOf), changed_at: seen }));
  }

  async forget(): Promise<void> {
    await this.#try(() => this.session.api.delete<Plan>(this.#path));
  }

  async #try(run: () => Promise<Plan>): Promise<void> {
    await this.send(async () => {
      const { replanned } = await run();
      const plans = await this.session.api.get<Plans>("/v1/practice/reminder-plan");
      batch(() => {
        this.#plans.value = plans;
        this.undo();
        this.said.value = settingsWords.value.plan.savedFor(replanned);
      });
    });
  }
}
