/**
 * From page to page to the relay and back, make before break: what was seen stays until the new way shows a picture.
 */
import { effect, type Signal } from "@preact/signals";
import type { Call } from "../call";
import type { CallStats } from "../stats";
import { RelayCall, type RelayOptions } from "./relay-call";

export interface DetourOptions {
  call: RelayOptions;
  /** null: this seat never connects page to page. */
  direct: Call | null;
  relay: Signal<RelayCall | null>;
  way: Signal<"direct" | "relay">;
  /** They came here only for a third. */
  mayGoBack(): boolean;
  /** The two are page to page again. */
  over(): void;
}

const SHOWN_MS = 4_000;
const ALONE_MS = 4_000;
const LINGER_MS = 3_000;
const LOOK_MS = 100;

export class Detour {
  readonly #o: DetourOptions;
  readonly #relay: RelayCall;
  readonly #stop: () => void;
  #alone: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: DetourOptions) {
    this.#o = options;
    this.#relay = new RelayCall(options.call);
    options.relay.value = this.#relay;
    this.#stop = effect(() => this.#countPeople());
    this.#relay.join().then(
      () => this.#changeOver(),
      (error: unknown) => {
        options.call.report(error);
        if (options.direct) options.relay.value = null;
      },
    );
  }

  /** Something that `mayGoBack` rests on has changed. */
  look(): void {
    if (!this.#closed) this.#countPeople();
  }

  /** Leave the relay. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#alone);
    this.#stop();
    this.#relay.close();
  }

  /** Show the relay's pictures when there is one, or when there will be none; then let the direct connection rest. */
  async #changeOver(): Promise<void> {
    const { direct, way } = this.#o;
    if (direct?.remote.value) await frames(() => this.#relay.sampleStats(), SHOWN_MS);
    if (this.#closed || this.#relay.over) return;
    way.value = "relay";
    await direct?.setPaused(true);
  }

  /** Two again, and they came here only for a third: back to page to page, after a moment in which nobody came back. */
  #countPeople(): void {
    const few = this.#o.way.value === "relay" && this.#relay.state.value !== "preparing" && this.#relay.others.value.length <= 1;
    const possible = this.#o.direct !== null && this.#o.direct.remote.value !== null && this.#o.mayGoBack();
    if (few && possible) this.#alone ??= setTimeout(() => void this.#goBack(), ALONE_MS);
    else {
      clearTimeout(this.#alone);
      this.#alone = undefined;
    }
  }

  async #goBack(): Promise<void> {
    const { direct, relay, way } = this.#o;
    if (!direct || this.#closed) return;
    await direct.setPaused(false);
    const shown = await frames(() => direct.sampleStats(), SHOWN_MS);
    this.#alone = undefined;
    if (!shown || this.#relay.others.value.length > 1 || !this.#o.mayGoBack()) return void direct.setPaused(true);
    way.value = "direct";
    this.#o.over();
    // The other side may still be looking at the relay's picture.
    setTimeout(() => {
      if (way.value !== "direct" || this.#closed) return;
      relay.value = null;
      this.close();
    }, LINGER_MS);
  }
}

/** True as soon as pictures arrive on a connection; false when none came in time. */
async function frames(sample: () => Promise<CallStats | null>, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs;
  const first = (await sample())?.framesDecoded ?? 0;
  while (Date.now() < end) {
    if (((await sample())?.framesDecoded ?? 0) > first) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}
