/** The staff device of this browser: its keys, its request to the administrator, and the invites it signs for patients. */
import { signal, type ReadonlySignal } from "@preact/signals";
import { deviceFingerprint, selfSign } from "../crypto/certs";
import { Conversation } from "../crypto/conversation";
import { unb64 } from "../crypto/bytes";
import { openKeystore, type Keystore } from "../crypto/keystore";
import type { Role as CertRole } from "../crypto/records";
import type { Api, Role } from "../lib/api";
import type { Live } from "../lib/live";
import { Backoff } from "../call/retry";
import { Chat } from "./chat";
import { HttpTransport } from "./transport";

export type DeviceState = "starting" | "pending" | "certified";

/** The part of a board row that says whose invites to look after. */
export interface InvitableRow {
  id: string;
  revision: number;
  devices: readonly { device: string; level?: string | null; invite: string }[];
  conversation: { id: string };
}

export interface StaffDeviceOptions {
  api: Api;
  live: Live;
  role: Exclude<Role, "guest">;
  practiceId: string;
  /** The account: staff certificates name it as the person. */
  accountId: string;
}

/** What the server says of a device. `ended`: its certificate ran out or was revoked. */
interface Answer {
  state: "pending" | "certified" | "ended";
}

const CERT_ROLE: Record<Exclude<Role, "guest">, CertRole> = { provider: "clinician", scheduler: "scheduler", admin: "admin", patient: "patient" };
const POLL_MS = 2_000;
const LONGEST_MS = 60_000;
const SPREAD_MS = 800;

function keyOf(row: InvitableRow): string {
  // A further device that showed whose it is waits for an invite of its own.
  const further = row.devices.filter((one) => one.device === "other" && one.level).map((one) => one.invite);
  return [row.id, row.revision, ...further].join("/");
}

export class StaffDevice {
  readonly #state = signal<DeviceState>("starting");
  readonly #fingerprint = signal("");
  readonly #poll = new Backoff(POLL_MS, LONGEST_MS);
  readonly #chats = new Map<string, Promise<Chat>>();
  readonly #invited = new Set<string>();
  #store: Promise<Keystore> | null = null;
  #asked = false;
  #wanted: readonly InvitableRow[] = [];
  #inviting: Promise<void> = Promise.resolve();

  constructor(readonly options: StaffDeviceOptions) {}

  /** `pending`: the administrator has not approved this browser yet. Visits work meanwhile, unconfirmed. */
  get state(): ReadonlySignal<DeviceState> {
    return this.#state;
  }

  /** Of this browser's own signing key, from `pending` on: what the administrator compares before approving. */
  get fingerprint(): ReadonlySignal<string> {
    return this.#fingerprint;
  }

  /** Make the keys, ask for a certificate, wait for the approval. Call once; it goes on by itself. */
  start(): void {
    this.#step().catch((error: unknown) => {
      console.error("device:", error);
      this.#poll.arm(() => this.start());
    });
  }

  stop(): void {
    this.#poll.stop();
    for (const chat of this.#chats.values()) void chat.then((one) => one.close());
  }

  /** The sealed store of this browser for its person; null where the browser has none. */
  drafts(): Promise<Keystore | null> {
    return this.#keystore().catch(() => null);
  }

  /** The conversation, opened once per page and kept current. */
  chat(conversationId: string): Promise<Chat> {
    const open = this.#chats.get(conversationId) ?? this.#openChat(conversationId);
    this.#chats.set(conversationId, open);
    return open;
  }

  /**
   * Sign the invites of these appointments that nobody has signed. Safe to call at every change of the board: an appointment is looked at
   * once per revision, and what a colleague signed meanwhile is left alone. Does nothing until this device is certified, then catches up.
   */
  ensureInvites(rows: Iterable<InvitableRow>): Promise<void> {
    this.#wanted = [...rows];
    if (this.#state.peek() === "certified") this.#inviting = this.#inviting.then(() => this.#inTurn());
    return this.#inviting;
  }

  /** Vouch for the phone that answered this invite, seen face to face. Nothing when it has made no keys yet. */
  async vouchFor(conversationId: string, inviteId: string): Promise<void> {
    if (this.#state.peek() !== "certified") return;
    const chat = await this.chat(conversationId);
    const deviceId = chat.conversation.deviceOf(inviteId);
    if (deviceId) await chat.vouch(deviceId, "video");
  }

  async #step(): Promise<void> {
    const store = await this.#keystore();
    const answer = this.#asked ? await this.#mine(store) : await this.#ask(store);
    this.#asked = true;
    if (answer.state !== "certified") {
      this.#fingerprint.value ||= await deviceFingerprint(store.dsPub);
      this.#state.value = "pending";
      this.#poll.arm(() => this.start());
      return;
    }
    this.#poll.reset();
    this.#state.value = "certified";
    await this.ensureInvites(this.#wanted);
    for (const chat of this.#chats.values()) await (await chat).refresh();
  }

  #keystore(): Promise<Keystore> {
    this.#store ??= openKeystore(this.options.practiceId, "staff", { person: this.options.accountId });
    return this.#store;
  }

  #mine(store: Keystore): Promise<Answer> {
    return this.options.api.get<Answer>(`/v1/devices/mine?device_id=${store.deviceId}`);
  }

  /** Ask for a certificate. For a device that has one for a good while yet this changes nothing, so it is safe at every start. */
  async #ask(store: Keystore): Promise<Answer> {
    const { api, practiceId, accountId, role } = this.options;
    const now = Math.floor(Date.now() / 1000);
    return api.post<Answer>("/v1/devices", await selfSign(store, { practiceId, personId: accountId, role: CERT_ROLE[role], now }));
  }

  async #openChat(conversationId: string): Promise<Chat> {
    const { conversation, transport } = await this.#conversation(conversationId);
    const chat = new Chat(conversation, transport);
    await chat.open(this.options.live);
    return chat;
  }

  async #conversation(id: string): Promise<{ conversation: Conversation; transport: HttpTransport }> {
    const transport = new HttpTransport(this.options.api, id);
    const person = { personId: this.options.accountId, role: CERT_ROLE[this.options.role] };
    return { conversation: new Conversation(id, await this.#keystore(), transport, person), transport };
  }

  /** Every staff page hears of a new link at the same moment: other tabs wait for this one, other computers start at another time. */
  async #inTurn(): Promise<void> {
    if (!this.#wanted.some((row) => this.#isNew(row))) return;
    await new Promise((go) => setTimeout(go, Math.random() * SPREAD_MS));
    await navigator.locks.request("careroom-invites", () => this.#invite());
  }

  #isNew(row: InvitableRow): boolean {
    return row.conversation.id !== "" && !this.#invited.has(keyOf(row));
  }

  async #invite(): Promise<void> {
    for (const row of this.#wanted) {
      if (!this.#isNew(row)) continue;
      try {
        await this.#sign(row.conversation.id);
        this.#invited.add(keyOf(row));
      } catch (error) {
        // One conversation in trouble must not keep the others without invites; the next change of the board tries again.
        console.error("invite:", error);
      }
    }
  }

  /** Everything the server still wants signed in one conversation. */
  async #sign(conversationId: string): Promise<void> {
    const { conversation, transport } = await this.#conversation(conversationId);
    await conversation.open();
    for (const wanted of transport.invitesWanted) {
      if (conversation.state?.log.invites.has(wanted.invite_id)) continue;
      await conversation.signInvite(wanted.person_id, unb64(wanted.token_hash), wanted.exp, wanted.invite_id);
    }
  }
}
