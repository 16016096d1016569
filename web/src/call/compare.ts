/**
 * "Do we see the same four pictures?": commit, answer, reveal. Nobody in between can choose hellos that make the pictures equal,
 * because the first side is bound before it sees the second side's, and the second before it sees the first's.
 *
 * Every comparison uses hellos made for it alone, and both must name the certificates of the connection that is up.
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import type { CompareFrame, CompareStep } from "./frames";
import type { CallIdentity } from "./security";

/**
 * `asked`: the other side has been asked and has not answered. `shown`: read them to each other; `theirs` is the other side's
 * hello, which names its device. `unproven`: a side has no keys that the other knows, so equal pictures would prove nothing.
 * `broken`: what came back does not fit what was promised.
 */
export type Comparing =
  | { is: "idle" | "asked" | "agreed" | "unproven" | "broken" }
  | { is: "shown"; pictures: readonly number[]; theirs: unknown };

export interface CompareDeps {
  callId: string;
  /** The impolite side commits, the polite one answers. */
  initiator: boolean;
  identity(): CallIdentity | null;
  ownFingerprints(): Promise<string[]>;
  /** Do these signed fingerprints cover the connection that is up? */
  covers(fingerprints: string[]): Promise<boolean>;
  say(step: CompareStep): void;
}

export class Comparison {
  readonly #state = signal<Comparing>({ is: "idle" });
  readonly #deps: CompareDeps;
  #mine: unknown = null;
  #commitment: string | null = null;

  constructor(deps: CompareDeps) {
    this.#deps = deps;
  }

  get state(): ReadonlySignal<Comparing> {
    return this.#state;
  }

  /** Somebody here wants to compare. */
  async start(): Promise<void> {
    this.#state.value = { is: "asked" };
    if (this.#deps.initiator) await this.#commit();
    else this.#deps.say({ step: "ask" });
  }

  /** The person here says that both see the same. */
  agree(): void {
    if (this.#state.value.is === "shown") this.#state.value = { is: "agreed" };
  }

  /** Another connection: what was compared says nothing about it. */
  reset(): void {
    this.#mine = this.#commitment = null;
    this.#state.value = { is: "idle" };
  }

  async heard(frame: CompareFrame): Promise<void> {
    if (frame.step === "stop") this.#state.value = { is: frame.why };
    else if (this.#deps.initiator) await this.#heardAsInitiator(frame);
    else await this.#heardAsResponder(frame);
  }

  async #heardAsInitiator(frame: CompareFrame): Promise<void> {
    if (frame.step === "ask") {
      this.#state.value = { is: "asked" };
      return this.#commit();
    }
    if (frame.step !== "hello" || this.#mine === null) return;
    const mine = this.#mine;
    this.#mine = null; // one answer to one commitment: a second one would be a second guess
    if (!(await this.#isTheirs(frame.hello))) return this.#stop("unproven");
    this.#deps.say({ step: "reveal", hello: mine });
    await this.#show(mine, frame.hello, frame.hello);
  }

  async #heardAsResponder(frame: CompareFrame): Promise<void> {
    if (frame.step === "commit") {
      this.#state.value = { is: "asked" };
      this.#commitment = frame.commitment;
      this.#mine = await this.#hello();
      if (this.#mine === null) return this.#stop("unproven");
      this.#deps.say({ step: "hello", hello: this.#mine });
    } else if (frame.step === "reveal" && this.#mine !== null) {
      const [mine, promised] = [this.#mine, this.#commitment];
      this.#mine = this.#commitment = null;
      if ((await this.#deps.identity()?.commitment(frame.hello)) !== promised) return this.#stop("broken");
      if (!(await this.#isTheirs(frame.hello))) return this.#stop("unproven");
      await this.#show(frame.hello, mine, frame.hello);
    }
  }

  async #commit(): Promise<void> {
    this.#mine = await this.#hello();
    const commitment = this.#mine === null ? undefined : await this.#deps.identity()?.commitment(this.#mine);
    if (commitment === undefined) return this.#stop("unproven");
    this.#deps.say({ step: "commit", commitment });
  }

  async #hello(): Promise<unknown> {
    return (await this.#deps.identity()?.sign(this.#deps.callId, await this.#deps.ownFingerprints())) ?? null;
  }

  async #isTheirs(hello: unknown): Promise<boolean> {
    const fingerprints = (await this.#deps.identity()?.verify(this.#deps.callId, hello))?.fingerprints;
    return fingerprints ? this.#deps.covers(fingerprints) : false;
  }

  async #show(initiator: unknown, responder: unknown, theirs: unknown): Promise<void> {
    const pictures = await this.#deps.identity()?.pictures(this.#deps.callId, initiator, responder);
    if (pictures) this.#state.value = { is: "shown", pictures, theirs };
  }

  #stop(why: "unproven" | "broken"): void {
    this.#mine = this.#commitment = null;
    this.#state.value = { is: why };
    this.#deps.say({ step: "stop", why });
  }
}
