/** What became of messages: who was not reached, what failed, the ledger, and figures for administrators. */
import { batch, signal } from "@preact/signals";
import { deliveryWords, whyWord } from "./delivery-words";
import { explain, type Session } from "./session";

export interface Line {
  id: string;
  step: string;
  channel: string;
  state: string;
  planned: string;
  due: string;
  at?: string | null;
  sent?: string | null;
  delivered?: string | null;
  answered?: string | null;
  answer?: string | null;
  attempts: number;
  segments: number;
  why?: string | null;
  to?: string | null;
}

export interface Whom {
  id: string;
  name: string;
  birth_date: string;
  language: string;
}

export interface OfVisit {
  id: string;
  start: string;
  zone: string;
  status: string;
  provider: string;
}

export interface Delivery {
  line: Line;
  person: Whom;
  visit: OfVisit | null;
}

export interface Unreached {
  visit: OfVisit;
  person: Whom;
  lines: Line[];
  ways: string[];
  reached_at: string | null;
}

export interface Phone {
  phone: string;
  shown: string;
  others_may_read: boolean;
}

export interface ChannelFigures {
  channel: string;
  planned: number;
  sent: number;
  delivered: number | null;
  answered: number;
  failed: number;
  parts: number;
  unpriced: number;
  costs: { currency: string; amount: string }[];
}

export interface Figures {
  channels: ChannelFigures[];
  visits: { planned: number; sent: number; arrived: number; unsure: number; by_staff: number; answered: number; joined: number };
}

export type Time = "day" | "week" | "month" | "ahead";
export interface Filters {
  state: string;
  channel: string;
  step: string;
  time: Time;
}

interface Page {
  now: string;
  lines: Delivery[];
  more: boolean;
}

const EVERY = 30_000;
const DAY = 86_400_000;
const BEHIND: Record<Exclude<Time, "ahead">, number> = { day: DAY, week: 7 * DAY, month: 30 * DAY };
const MOST = 100; // of one request

/** The query of the ledger for these filters, at this moment. */
export function queryOf(filters: Filters, at: number, after = ""): string {
  const query = new URLSearchParams();
  for (const name of ["state", "channel", "step"] as const) if (filters[name]) query.set(name, filters[name]);
  const now = new Date(at).toISOString();
  if (filters.time === "ahead") query.set("since", now);
  else {
    query.set("since", new Date(at - BEHIND[filters.time]).toISOString());
    query.set("until", now);
  }
  if (after) query.set("after", after);
  return query.toString();
}

/** Dead letters by their cause, the largest first. */
export function byCause(dead: readonly Delivery[]): [string, Delivery[]][] {
  const found = new Map<string, Delivery[]>();
  for (const one of dead) {
    const why = one.line.why ?? "internal";
    found.set(why, [...(found.get(why) ?? []), one]);
  }
  return [...found].sort(([, a], [, b]) => b.length - a.length);
}

export class DeliveryStore {
  readonly unreached = signal<Unreached[]>([]);
  readonly dead = signal<Delivery[]>([]);
  readonly list = signal<Page>({ now: "", lines: [], more: false });
  readonly filters = signal<Filters>({ state: "", channel: "", step: "", time: "week" });
  readonly figures = signal<Figures | null>(null);
  readonly at = signal("");
  /** Numbers that were asked for, by visit. */
  readonly numbers = signal<Record<string, Phone>>({});
  readonly busy = signal(false);
  readonly said = signal("");
  readonly problem = signal<string | null>(null);

  constructor(readonly session: Session) {}

  async load(): Promise<void> {
    const api = this.session.api;
    const dead: Filters = { state: "failed", channel: "", step: "", time: "week" };
    const [unreached, failed, list, figures] = await Promise.all([
      api.get<{ now: string; visits: Unreached[] }>("/v1/deliveries/unreached"),
      api.get<Page>(`/v1/deliveries?${queryOf(dead, Date.now())}`),
      api.get<Page>(`/v1/deliveries?${queryOf(this.filters.peek(), Date.now())}`),
      this.session.me.role === "admin" ? api.get<Figures>("/v1/delivery-figures?days=30") : null,
    ]);
    batch(() => {
      this.at.value = unreached.now;
      this.unreached.value = unreached.visits;
      this.dead.value = failed.lines;
      this.list.value = list;
      this.figures.value = figures;
    });
  }

  /** Looks again by itself while the page is looked at. */
  watch(): void {
    setInterval(() => {
      if (document.visibilityState === "visible" && !this.busy.peek() && this.list.peek().lines.length <= 50)
        void this.load().catch((error: unknown) => (this.problem.value = explain(error)));
    }, EVERY);
  }

  filter(part: Partial<Filters>): Promise<void> {
    this.filters.value = { ...this.filters.value, ...part };
    return this.#do(async () => {
      this.list.value = await this.session.api.get<Page>(`/v1/deliveries?${queryOf(this.filters.value, Date.now())}`);
    });
  }

  more(): Promise<void> {
    return this.#do(async () => {
      const last = this.list.value.lines.at(-1)?.line.id ?? "";
      const next = await this.session.api.get<Page>(`/v1/deliveries?${queryOf(this.filters.value, Date.now(), last)}`);
      this.list.value = { ...next, lines: [...this.list.value.lines, ...next.lines] };
    });
  }

  // -- what helps ---------------------------------------------------------------

  ring(one: Unreached): Promise<void> {
    return this.#do(async () => {
      const number = await this.session.api.post<Phone>(`/v1/appointments/${one.visit.id}/ring`, {});
      this.numbers.value = { ...this.numbers.value, [one.visit.id]: number };
    });
  }

  resend(one: Unreached, channel: string): Promise<void> {
    return this.#do(async () => {
      await this.session.api.post(`/v1/appointments/${one.visit.id}/resend`, { channel });
      await this.load();
      this.said.value = deliveryWords.value.unreached.sentAgain(one.person.name);
    });
  }

  link(one: Unreached): Promise<void> {
    return this.#do(async () => {
      const { to } = await this.session.api.post<{ to: string }>(`/v1/appointments/${one.visit.id}/link`, {});
      await this.load();
      this.said.value = deliveryWords.value.unreached.linkSent(to);
    });
  }

  told(one: Unreached): Promise<void> {
    return this.#do(async () => {
      await this.session.api.post(`/v1/appointments/${one.visit.id}/told`, {});
      await this.load();
      this.said.value = deliveryWords.value.unreached.wasTold(one.person.name);
    });
  }

  replay(dead: readonly Delivery[]): Promise<void> {
    return this.#do(async () => {
      const ids = dead.map((one) => one.line.id).slice(0, MOST);
      const done = await this.session.api.post<{ replayed: string[]; refused: { id: string; why: string }[] }>("/v1/deliveries/replay", { ids });
      await this.load();
      const w = deliveryWords.value.dead;
      const counts = new Map<string, number>();
      for (const { why } of done.refused) counts.set(why, (counts.get(why) ?? 0) + 1);
      const left = [...counts].map(([why, n]) => w.left(n, whyWord(why)));
      this.said.value = [...(done.replayed.length > 0 ? [w.done(done.replayed.length)] : []), ...left].join(" ");
    });
  }

  async #do(run: () => Promise<void>): Promise<void> {
    if (this.busy.value) return;
    batch(() => {
      this.busy.value = true;
      this.problem.value = null;
      this.said.value = "";
    });
    try {
      await run();
    } catch (error) {
      this.problem.value = explain(error);
    } finally {
      this.busy.value = false;
    }
  }
}
