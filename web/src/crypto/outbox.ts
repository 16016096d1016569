/** Sealed messages on their way: kept before the first POST, sent again byte for byte, until the server has numbered them. */
import type { Keystore } from "./keystore";
import type { Body } from "./messages";
import { type Message, readMessage } from "./records";

export interface Waiting {
  message: Message;
  body: Body;
}

export class Outbox {
  constructor(
    readonly store: Keystore,
    readonly convId: string,
  ) {}

  #name(message: Message, body: Body): string {
    return `outbox/${this.convId}/${String(body.ts).padStart(16, "0")}/${message.msg_id}`;
  }

  async put(item: Waiting): Promise<void> {
    await this.store.put(this.#name(item.message, item.body), item);
  }

  async remove(item: Waiting): Promise<void> {
    await this.store.remove(this.#name(item.message, item.body));
  }

  /** Oldest first. */
  async all(): Promise<Waiting[]> {
    const found: Waiting[] = [];
    for (const name of await this.store.names(`outbox/${this.convId}/`)) {
      const item = (await this.store.get(name)) as Waiting | null;
      if (item) found.push({ message: readMessage(item.message), body: item.body });
    }
    return found;
  }
}
