/** The demo's state, asked for each second while the page is seen. */
import { computed, signal } from "@preact/signals";
import { Api, Problem } from "../lib/api";
import { setServerTime } from "../staff/clock";
import { phones } from "./thread";
import type { DemoState } from "./types";

const EVERY_MS = 1_000;

export class DemoStore {
  readonly state = signal<DemoState | null>(null);
  /** When the server last answered, by this machine's clock. */
  readonly checked = signal<Date | null>(null);
  readonly stale = signal(false);
  /** This server is no demo. */
  readonly closed = signal(false);
  readonly phone = signal<string | null>(null);
  readonly mail = signal<string | null>(null);
  readonly phones = computed(() => phones(this.state.value?.sms ?? []));
  readonly shownPhone = computed(() => this.phones.value.find((p) => p.number === this.phone.value) ?? this.phones.value[0] ?? null);
  readonly #api = new Api("patient");
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    void this.#ask();
  }

  async #ask(): Promise<void> {
    try {
      const state = await this.#api.get<DemoState>("/v1/demo/state");
      this.state.value = state;
      setServerTime(state.now);
      this.checked.value = new Date();
      this.stale.value = false;
    } catch (error) {
      if (error instanceof Problem && error.status === 404) {
        this.closed.value = true;
        return;
      }
      this.stale.value = true;
    }
    this.#timer = setTimeout(() => void this.#ask(), EVERY_MS);
  }

  /** Asks now: after a command, nobody should wait for the next second. */
  async #soon(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#ask();
  }

  async reply(to: string, body: string): Promise<void> {
    await this.#api.post("/v1/demo/reply", { to, body });
    await this.#soon();
  }

  async forward(body: { forward_minutes: number } | { to: "next-reminder" }): Promise<void> {
    await this.#api.post("/v1/demo/clock", body);
    await this.#soon();
  }
}
