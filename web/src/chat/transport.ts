/** A conversation's way to the server: the routes of docs/protocol.md "Conversations", spoken as CRP-1's Transport. */
import { Problem, type Api } from "../lib/api";
import type { Transport } from "../crypto/conversation";
import type { Cert, Claim, Epoch, MemberEntry, Message } from "../crypto/records";

interface Snapshot {
  heads: Record<string, number>;
  keys: unknown;
  messages: Record<string, WireMessage>;
}

interface Page {
  messages: WireMessage[];
  head: { seq: number };
}

type WireMessage = Record<string, unknown> & { seq: number };

/** A link whose invite no staff device has signed yet. `token_hash`: SHA-256 of the link's raw token, base64url; `exp` in seconds. */
export interface WantedInvite {
  invite_id: string;
  person_id: string;
  token_hash: string;
  exp: number;
  appointment_id: string;
}

export class HttpTransport implements Transport {
  readonly #base: string;
  /** Epoch of each message seen, by message id: says where in the log a change of keys took effect. */
  readonly epochOf = new Map<string, number>();
  /** Newest event number of the conversation's topic that the last snapshot contained. */
  head = 0;
  /** From the newest key state; only staff are told. */
  invitesWanted: readonly WantedInvite[] = [];
  #wantsAll = false;
  #newest: WireMessage[] | null = null;

  constructor(
    readonly api: Api,
    readonly conversationId: string,
  ) {
    this.#base = `/v1/conversations/${conversationId}`;
  }

  /** The next `keys` asks for everything in one request: keys, newest messages, and where to follow the topic from. */
  wantAll(): void {
    this.#wantsAll = true;
  }

  async keys(): Promise<unknown> {
    const keys = this.#wantsAll ? await this.#all() : await this.api.get<unknown>(`${this.#base}/keys`);
    // Messages that came with older keys are not what `messages` is asked for after newer ones.
    if (!this.#wantsAll) this.#newest = null;
    this.#wantsAll = false;
    this.invitesWanted = (keys as { invites_wanted?: WantedInvite[] }).invites_wanted ?? [];
    return keys;
  }

  async #all(): Promise<unknown> {
    const snapshot = await this.api.get<Snapshot>(this.#base);
    this.head = snapshot.heads[`conv:${this.conversationId}`] ?? 0;
    this.#newest = Object.values(snapshot.messages).sort((a, b) => a.seq - b.seq);
    return snapshot.keys;
  }

  async postDevice(cert: Cert): Promise<void> {
    await this.api.post("/v1/devices", cert);
  }

  async postClaim(cert: Cert, claim: Claim): Promise<"ok" | "refused"> {
    return (await this.#conflict(this.api.post(`${this.#base}/claims`, { cert, claim }), ["conflict"])) ? "refused" : "ok";
  }

  async postEntry(entry: MemberEntry): Promise<"ok" | "stale"> {
    return (await this.#conflict(this.api.post(`${this.#base}/members`, entry), ["stale-version"])) ? "stale" : "ok";
  }

  async postEpoch(epoch: Epoch): Promise<"ok" | "stale"> {
    return (await this.#conflict(this.api.post(`${this.#base}/epochs`, epoch), ["stale-epoch"])) ? "stale" : "ok";
  }

  async postMessage(message: Message): Promise<"ok" | "stale"> {
    return (await this.#conflict(this.api.post(`${this.#base}/messages`, message), ["stale-epoch"])) ? "stale" : "ok";
  }

  async messages(after: number): Promise<unknown[]> {
    const newest = this.#newest;
    this.#newest = null;
    // A long conversation's snapshot holds only its end.
    const covered = newest !== null && (newest[0]?.seq ?? 1) <= after + 1;
    const found = covered ? newest.filter((message) => message.seq > after) : await this.#pages(after);
    for (const message of found) this.note(message);
    return found;
  }

  async #pages(after: number): Promise<WireMessage[]> {
    const found: WireMessage[] = [];
    for (;;) {
      const from = found.at(-1)?.seq ?? after;
      const page = await this.api.get<Page>(`${this.#base}/messages?after=${from}`);
      found.push(...page.messages);
      if (page.messages.length === 0 || (found.at(-1)?.seq ?? from) >= page.head.seq) return found;
    }
  }

  /** Remember which epoch a message was written in. */
  note(message: Record<string, unknown>): void {
    if (typeof message["msg_id"] === "string" && typeof message["n"] === "number") this.epochOf.set(message["msg_id"], message["n"]);
  }

  /** True when the server refused with one of these slugs: an answer to act on, not a failure. */
  async #conflict(request: Promise<unknown>, slugs: string[]): Promise<boolean> {
    try {
      await request;
      return false;
    } catch (error) {
      if (error instanceof Problem && error.status === 409 && slugs.includes(error.slug)) return true;
      throw error;
    }
  }
}
