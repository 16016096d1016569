/** Finding an epoch's secret: this device's store, its own wrap, a grant, or the chain of history (docs/crp-1.md 3). */
import { type Bytes, b64, CrpError, unb64 } from "./bytes";
import { epochCommit, openEpoch, openGrant, openHistory } from "./epochs";
import type { Keystore } from "./keystore";
import type { Epoch } from "./records";
import type { KeyState } from "./state";

export class Secrets {
  readonly #known = new Map<number, Bytes>();
  #loaded = false;

  constructor(
    readonly store: Keystore,
    readonly convId: string,
  ) {}

  get #name(): string {
    return `conv/${this.convId}/secrets`;
  }

  async #load(): Promise<void> {
    if (this.#loaded) return;
    const saved = (await this.store.get(this.#name)) as Record<string, string> | null;
    for (const [n, secret] of Object.entries(saved ?? {})) this.#known.set(Number(n), unb64(secret));
    this.#loaded = true;
  }

  async remember(n: number, secret: Bytes): Promise<void> {
    await this.#load();
    this.#known.set(n, secret);
    await this.store.put(this.#name, Object.fromEntries([...this.#known].map(([k, value]) => [k, b64(value)])));
  }

  /** The secret of epoch n, or null when this device may not read it. A wrap or grant that lies throws CrpError. */
  async of(n: number, state: KeyState): Promise<Bytes | null> {
    await this.#load();
    const epoch = state.wire.epochs.find((one) => one.n === n);
    if (!epoch) return null;
    const saved = this.#known.get(n);
    if (saved && (await epochCommit(epoch, saved)) === epoch.commit) return saved;
    const found = await this.#open(epoch, state);
    if (found) await this.remember(n, found);
    return found;
  }

  async #open(epoch: Epoch, state: KeyState): Promise<Bytes | null> {
    const own = await openEpoch(epoch, this.store.deviceId, this.store.open);
    if (own) return own;
    for (const grant of state.log.grants) {
      if (grant.device_id !== this.store.deviceId || grant.n !== epoch.n) continue;
      try {
        return await openGrant(epoch, grant, this.store.open);
      } catch (error) {
        if (!(error instanceof CrpError)) throw error; // a grant that does not open gives nothing; another may
      }
    }
    const newer = state.wire.epochs.find((one) => one.n === epoch.n + 1);
    if (newer?.hist === undefined) return null;
    const newerSecret = await this.of(newer.n, state);
    return newerSecret && openHistory(epoch, newer, newerSecret);
  }
}
