/** Running late: what was said of my lines, what the facts propose, and ten seconds to take a word back. */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import type { Api } from "../lib/api";
import type { LateLine } from "../lib/types";
import type { Lanes } from "./sections";

/** The server holds messages back for as long (server/reminders/listeners.py, TAKE_BACK). */
export const TAKE_BACK_MS = 10_000;
export const MINUTES = [10, 15, 20, 30, 45, 60] as const;

export interface Whom {
  people: number;
  here: number;
}

/** The last word from this page: how to take it back, and until when (`performance.now()`). */
export interface Said {
  lane: string;
  minutes: number;
  before: number;
  told: number;
  until: number;
}

export class Late {
  readonly said = signal<Said | null>(null);
  /** The question stands over the page. */
  readonly asking = signal(false);
  /** My lines of which something is said or proposed, my own first. */
  readonly lines: ReadonlySignal<[string, LateLine][]>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly api: Api,
    readonly myId: string,
    known: () => Record<string, LateLine>,
    lanes: () => Lanes,
    private readonly run: (work: () => Promise<void>) => Promise<void>,
  ) {
    this.lines = computed(() => {
      const mine = Object.entries(known()).filter(([lane]) => lanes().has(lane));
      return mine.sort(([a], [b]) => Number(b === myId) - Number(a === myId) || a.localeCompare(b));
    });
  }

  line(lane: string): LateLine | undefined {
    return this.lines.value.find(([one]) => one === lane)?.[1];
  }

  /** The line of which the facts say something that nobody has answered yet. */
  get proposed(): { lane: string; minutes: number } | null {
    for (const [lane, line] of this.lines.value) if (line.proposed != null) return { lane, minutes: line.proposed };
    return null;
  }

  /** L on the board: yes to what is proposed, else the question. */
  press(): void {
    const proposed = this.proposed;
    if (proposed) void this.say(proposed.lane, proposed.minutes);
    else this.asking.value = true;
  }

  whom(lane: string, minutes: number): Promise<Whom> {
    return this.api.get<Whom>(`/v1/late?lane=${lane}&minutes=${minutes}`);
  }

  say(lane: string, minutes: number): Promise<void> {
    const before = this.line(lane)?.minutes ?? 0;
    return this.run(async () => {
      const { told } = await this.api.post<{ told: number }>(`/v1/late/${lane}`, { minutes });
      this.asking.value = false;
      clearTimeout(this.#timer);
      this.said.value = { lane, minutes, before, told, until: performance.now() + TAKE_BACK_MS };
      this.#timer = setTimeout(() => (this.said.value = null), TAKE_BACK_MS);
    });
  }

  /** As it was before the last word. What has not left will not leave. */
  takeBack(): Promise<void> {
    const said = this.said.peek();
    if (!said) return Promise.resolve();
    return this.run(async () => {
      await this.api.post(`/v1/late/${said.lane}`, { minutes: said.before });
      clearTimeout(this.#timer);
      this.said.value = null;
    });
  }

  decline(lane: string): Promise<void> {
    return this.run(async () => void (await this.api.post(`/v1/late/${lane}/decline`, {})));
  }
}
