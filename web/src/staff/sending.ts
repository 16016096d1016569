/** What goes to the server: one at a time; a refusal stands beside its field (prefix + pointer, dashes for slashes), anything else in one sentence. */
import { batch, signal } from "@preact/signals";
import { faultsAt, type Fault } from "./fields";
import { explain } from "./session";

export class Sending {
  readonly faults = signal<Fault[]>([]);
  readonly busy = signal(false);
  readonly said = signal("");
  readonly problem = signal<string | null>(null);

  /** Nothing is said of what was tried before. */
  clear(): void {
    batch(() => {
      this.faults.value = [];
      this.said.value = "";
      this.problem.value = null;
    });
  }

  /** Runs a command. False when it was refused, or when another one still runs. */
  async send(run: () => Promise<void>, prefix = ""): Promise<boolean> {
    if (this.busy.value) return false;
    this.busy.value = true;
    this.clear();
    try {
      await run();
      return true;
    } catch (error) {
      this.faults.value = faultsAt(error, prefix);
      if (this.faults.value.length === 0) this.problem.value = explain(error);
      return false;
    } finally {
      this.busy.value = false;
    }
  }
}
