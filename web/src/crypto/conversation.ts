/**
 * One conversation on this device: load, read, write, invite, vouch.
 *
 * Nothing in here may stop a visit. Trouble with keys shows in `keys`, and chat waits; the call goes on.
 */
import { CrpError, sha256, unb64 } from "./bytes";
import { issue, selfSign } from "./certs";
import { createEpoch, sealGrant, wantsHistory } from "./epochs";
import { makeHello, type Proven, provenHello } from "./hello";
import type { Keystore } from "./keystore";
import { type EntryWish, invitation, makeClaim, opening, signEntry } from "./members";
import { type Body, seal } from "./messages";
import { Outbox, type Waiting } from "./outbox";
import { type Line, Reading, readReceived, type Received } from "./reading";
import {
  type Assurance, type Cert, type Claim, type Epoch, isStaff, type MemberEntry, type Message, type Role,
} from "./records";
import { commitmentTo, picturesOf } from "./sas";
import { Secrets } from "./secrets";
import { KeyState, readWire } from "./state";

/** The server, as far as a conversation needs it. Network trouble throws; `stale` is the 409 of a moved-on epoch or log. */
export interface Transport {
  /** GET the key state. */
  keys(): Promise<unknown>;
  /** POST a certificate: a staff request, or one that vouches for a patient's device. */
  postDevice(cert: Cert): Promise<void>;
  /** `refused`: the invite has been used or has ended. */
  postClaim(cert: Cert, claim: Claim): Promise<"ok" | "refused">;
  postEntry(entry: MemberEntry): Promise<"ok" | "stale">;
  postEpoch(epoch: Epoch): Promise<"ok" | "stale">;
  postMessage(message: Message): Promise<"ok" | "stale">;
  /** GET messages after a sequence number, in order, each with `seq` and `received_at`. */
  messages(after: number): Promise<unknown[]>;
}

export interface Person {
  personId: string;
  role: Role;
  /** The invite this link carries, if any. */
  inviteId?: string | undefined;
}

/** What stands between this device and writing; `null` means nothing. */
export type Blocked = "not-opened" | "not-admitted" | "staff-pending" | "no-staff-device" | "root-changed" | "rolled-back" | "bad-records";

export interface Keys {
  noStaffDevice: boolean;
  /** Nobody has vouched for this device yet: it reads from now on, not before. */
  deviceUnverified: boolean;
  blocked: Blocked | null;
}

const TRIES = 8;
const REASONS: Record<string, Blocked> = { "root-changed": "root-changed", "rolled-back": "rolled-back" };

export class Conversation {
  keys: Keys = { noStaffDevice: true, deviceUnverified: true, blocked: "not-opened" };
  /** Called after anything shown may have changed. */
  onChange: () => void = () => undefined;
  #state: KeyState | null = null;
  #offset = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #received: Received[] = [];
  #waiting: Waiting[] = [];
  readonly #secrets: Secrets;
  readonly #reading: Reading;
  readonly #outbox: Outbox;

  constructor(
    readonly id: string,
    readonly store: Keystore,
    readonly transport: Transport,
    readonly person: Person,
  ) {
    this.#secrets = new Secrets(store, id);
    this.#reading = new Reading(this.#secrets, store.deviceId);
    this.#outbox = new Outbox(store, id);
  }

  /** Numbered messages in order, then those on their way. */
  get lines(): Line[] {
    const done = new Set(this.#reading.lines.map((line) => line.msgId));
    const pending = this.#waiting.filter(({ message }) => !done.has(message.msg_id));
    return [...this.#reading.lines, ...pending.map((item) => this.#pendingLine(item))];
  }

  /** The verified key state, once loaded. */
  get state(): KeyState | null {
    return this.#state;
  }

  /** Seconds by the server's clock. */
  #now(): number {
    return Math.floor(Date.now() / 1000) + this.#offset;
  }

  /** One act at a time on this device, other tabs included where the browser can. */
  #alone<T>(act: () => Promise<T>): Promise<T> {
    const name = `careroom/${this.id}/${this.store.deviceId}`;
    const locked = (): Promise<T> => (typeof navigator !== "undefined" && navigator.locks ? navigator.locks.request(name, act) : act()) as Promise<T>;
    const next = this.#queue.then(locked, locked);
    this.#queue = next.catch(() => undefined); // the caller has the failure; the queue only waits for the end
    return next;
  }

  /** Give this device a certificate and, on a patient's link, a claim. Safe to call at every start. */
  ensureDevice(): Promise<void> {
    return this.#alone(async () => {
      await this.#loadKeys();
      await this.#ensureDevice();
    });
  }

  /** Everything from the server again: keys, then messages, then what waits in the outbox. */
  load(): Promise<void> {
    return this.#alone(async () => {
      await this.#refresh();
      await this.#flush();
      this.onChange();
    });
  }

  /** A message that came on the live channel. Unknown epochs and gaps are fetched. */
  receive(data: unknown): Promise<void> {
    return this.#alone(async () => {
      const item = readReceived(data);
      if (item.seq <= this.#reading.seen.seq) return;
      const known = this.#state?.wire.epochs.some((epoch) => epoch.n === item.message.n);
      if (this.#state && known && item.seq === this.#reading.seen.seq + 1) {
        await this.#take([item]);
        await this.#checkSeen();
      } else await this.#refresh();
      this.onChange();
    });
  }

  /** Send a text. Resolves when the server has numbered it; when the network fails it stays in the outbox and this throws. */
  send(text: string): Promise<void> {
    return this.#alone(async () => {
      if (!this.#state) await this.#refresh();
      await this.#sealAndPost({ t: "text", ts: Date.now() + this.#offset * 1000, text, refs: [], files: [] });
      this.onChange();
    });
  }

  /** Staff: open the conversation if nobody has, and sign an invite for one device of `personId`. `secret` is SHA-256 of the link's raw token. */
  signInvite(personId: string, secretHash: Uint8Array<ArrayBuffer>, expires: number, inviteId?: string): Promise<string> {
    return this.#alone(async () => {
      if (!this.#state) await this.#loadKeys();
      const subject = await invitation(personId, secretHash, expires, inviteId);
      // Two staff devices often set out to sign the same one: whoever was first has done it for both.
      const stands = (): boolean => this.#must().log.invites.has(subject.invite_id);
      await this.#addEntry(() => ({ op: "add", subject, now: this.#now() }), stands);
      this.onChange();
      return subject.invite_id;
    });
  }

  /** Staff: make sure the first entry names the patient and the care team. */
  open(): Promise<void> {
    return this.#alone(async () => {
      await this.#loadKeys();
      await this.#openLog();
    });
  }

  /** The device that answered an invite; undefined while none has. */
  deviceOf(inviteId: string): string | undefined {
    return this.#state?.claimed.get(inviteId);
  }

  /** Staff: vouch for a patient's device, and give it the history it could not read. */
  vouch(deviceId: string, assurance: Exclude<Assurance, "claimed">): Promise<void> {
    return this.#alone(async () => {
      const claimed = this.#must().members().get(deviceId);
      if (!claimed) throw new CrpError("not-admitted", "this device is not in the conversation");
      await this.transport.postDevice(await issue(this.store, claimed, assurance, this.#now()));
      await this.#refresh();
      await this.#grantGaps(deviceId, assurance);
      await this.#refresh();
      this.onChange();
    });
  }

  /** Under which certificate this device signs, and whose signatures count: differs after every change of either. Empty: not known. */
  get standing(): string {
    const state = this.#state;
    if (!state) return "";
    const own = state.directory.valid(this.store.deviceId, this.#now())?.cert_id ?? "none";
    return [own, ...[...state.members().values()].map((cert) => cert.cert_id).sort()].join(" ");
  }

  /** The hello for a call, or null when this device has no certificate: the call is then unconfirmed, not stopped. */
  async sign(callId: string, fingerprints: string[], ephKemPub?: string): Promise<unknown> {
    const cert = this.#state?.directory.valid(this.store.deviceId, this.#now());
    if (!cert || fingerprints.length === 0) return null;
    return makeHello(this.store, cert, { callId, fingerprints, ephKemPub: ephKemPub ?? (await this.store.freshKemPub()), now: this.#now() });
  }

  commitment(hello: unknown): Promise<string> {
    return commitmentTo(hello);
  }

  /** The four pictures of a comparison; they depend on the practice's root too. */
  pictures(callId: string, initiator: unknown, responder: unknown): Promise<number[]> {
    return picturesOf(callId, this.#must().directory.rootPub, initiator, responder);
  }

  /** What the other device signed, or null when nothing is proven. */
  async verify(callId: string, hello: unknown): Promise<Proven | null> {
    const load = (): Promise<void> => this.#alone(async () => {
      await this.#loadKeys();
      this.onChange();
    });
    if (!this.#state) await load();
    const prove = (): Promise<Proven | null> => {
      const state = this.#state;
      return state ? provenHello(state.directory, new Set(state.members().keys()), callId, hello, this.#now()) : Promise.resolve(null);
    };
    const found = await prove();
    if (found) return found;
    await load(); // the other device may be newer than what we know
    return prove();
  }

  #must(): KeyState {
    if (!this.#state) throw new CrpError("not-loaded", "the keys of this conversation could not be read");
    return this.#state;
  }

  async #loadKeys(): Promise<void> {
    try {
      const wire = readWire(await this.transport.keys());
      if (wire.convId !== this.id || wire.practiceId !== this.store.practiceId) throw new CrpError("misplaced", "for another conversation");
      await this.store.pinRoot(wire.rootPub);
      this.#offset = wire.now - Math.floor(Date.now() / 1000);
      const state = await KeyState.verify(this.store.curves, wire, this.#now());
      await this.#checkRollback(wire.epochs);
      this.#state = state;
      this.keys = this.#judge(this.#state);
    } catch (error) {
      if (!(error instanceof CrpError)) throw error;
      this.#state = null;
      this.keys = { ...this.keys, blocked: REASONS[error.code] ?? "bad-records" };
      this.onChange();
      throw error;
    }
  }

  /** A server may not serve an older or another chain of epochs than this device has seen. */
  async #checkRollback(epochs: Epoch[]): Promise<void> {
    const name = `conv/${this.id}/epoch`;
    const seen = (await this.store.get(name)) as { n: number; commit: string } | null;
    const same = seen === null || epochs.find((epoch) => epoch.n === seen.n)?.commit === seen.commit;
    if (!same) throw new CrpError("rolled-back", "the server shows another past than before");
    const last = epochs.at(-1);
    if (last) await this.store.put(name, { n: last.n, commit: last.commit });
  }

  #judge(state: KeyState): Keys {
    const me = this.store.deviceId;
    const own = state.members().get(me);
    const deviceUnverified = state.directory.certified(me, this.#now()) === undefined;
    let blocked: Blocked | null = null;
    if (!own && isStaff(this.person.role) && deviceUnverified) blocked = "staff-pending";
    else if (!state.log.opened) blocked = "not-opened";
    else if (!own) blocked = "not-admitted";
    else if (state.noStaffDevice) blocked = "no-staff-device";
    return { noStaffDevice: state.noStaffDevice, deviceUnverified, blocked };
  }

  async #ensureDevice(): Promise<void> {
    const state = this.#must();
    const { deviceId } = this.store;
    if (state.directory.valid(deviceId, this.#now())) return;
    const staff = isStaff(this.person.role);
    if (!staff && (!this.person.inviteId || !state.log.invites.has(this.person.inviteId))) return;
    const cert = await this.#ownCert(state.wire.practiceId);
    if (staff) {
      await this.transport.postDevice(cert);
      return;
    }
    const claim = await makeClaim(this.store, cert, this.id, this.person.inviteId ?? "", this.#now());
    if ((await this.transport.postClaim(cert, claim)) === "refused") return; // stays "not-admitted": staff sign another invite
    await this.#loadKeys();
    this.onChange();
  }

  /** The same certificate at each try: a claim whose answer was lost must stay the same claim. */
  async #ownCert(practiceId: string): Promise<Cert> {
    const { personId, role } = this.person;
    const kept = (await this.store.get("cert")) as Cert | null;
    const fits = kept && kept.person_id === personId && kept.role === role && kept.not_after > this.#now();
    if (fits) return kept;
    const cert = await selfSign(this.store, { practiceId, personId, role, now: this.#now() });
    await this.store.put("cert", cert);
    return cert;
  }

  async #refresh(): Promise<void> {
    await this.#loadKeys();
    await this.#ensureDevice();
    let page: Received[];
    do {
      page = (await this.transport.messages(this.#reading.seen.seq)).map(readReceived);
      await this.#take(page);
    } while (page.length > 0);
    await this.#checkSeen();
    await this.#reading.retry(this.#received, this.#must());
  }

  async #take(items: Received[]): Promise<void> {
    const state = this.#must();
    for (const item of items) {
      await this.#reading.take(item, state);
      this.#received.push(item);
    }
  }

  /** The chain must contain what this device had verified before, and then grows. */
  async #checkSeen(): Promise<void> {
    const name = `conv/${this.id}/seen`;
    const before = (await this.store.get(name)) as { seq: number; hash: string } | null;
    const { seq, hash } = this.#reading.seen;
    if (before && this.#reading.hashAt(before.seq) !== before.hash) {
      this.keys = { ...this.keys, blocked: "rolled-back" };
      throw new CrpError("rolled-back", "messages this device has seen are gone or changed");
    }
    await this.store.put(name, { seq, hash });
  }

  async #flush(): Promise<void> {
    this.#waiting = await this.#outbox.all();
    if (this.keys.blocked !== null) return;
    for (const item of this.#waiting) await this.#post(item);
    if (this.#waiting.length > 0) await this.#settle();
  }

  async #sealAndPost(body: Body): Promise<void> {
    await this.#post(await this.#sealNow(body));
    await this.#settle();
  }

  async #sealNow(body: Body): Promise<Waiting> {
    const { epoch, secret } = await this.#writable();
    const item = { message: await seal(this.store, epoch, secret, body, this.#reading.seen), body };
    await this.#outbox.put(item);
    this.#waiting = await this.#outbox.all();
    this.onChange();
    return item;
  }

  /** POST verbatim; on a moved-on epoch seal the text again with a new id. */
  async #post(first: Waiting): Promise<void> {
    let item = first;
    for (let tries = 0; tries < TRIES; tries++) {
      if ((await this.transport.postMessage(item.message)) === "ok") {
        await this.#outbox.remove(item);
        return;
      }
      await this.#refresh();
      const again = await this.#sealNow(item.body);
      await this.#outbox.remove(item);
      item = again;
    }
    throw new CrpError("stale", "the conversation's key kept changing; the message waits in the outbox");
  }

  async #settle(): Promise<void> {
    await this.#refresh();
    this.#waiting = await this.#outbox.all();
  }

  /** The epoch to write in and its secret, making a new epoch when the rules ask for one. */
  async #writable(): Promise<{ epoch: Epoch; secret: Uint8Array<ArrayBuffer> }> {
    for (let tries = 0; tries < TRIES; tries++) {
      const state = this.#must();
      if (this.keys.blocked !== null) throw new CrpError(this.keys.blocked, "this device cannot write here now");
      const { epoch } = state;
      const secret = epoch && !state.mustRotate ? await this.#secrets.of(epoch.n, state) : null;
      if (epoch && secret) return { epoch, secret };
      const made = await this.#newEpoch(state);
      await this.#secrets.remember(made.epoch.n, made.secret);
      await this.transport.postEpoch(made.epoch);
      await this.#refresh(); // whoever won, the current epoch is now the server's
    }
    throw new CrpError("stale", "the conversation's key kept changing");
  }

  async #newEpoch(state: KeyState): Promise<{ epoch: Epoch; secret: Uint8Array<ArrayBuffer> }> {
    const previous = state.epoch;
    const wraps = [...state.allowed.values()];
    const wants = previous !== null && wantsHistory(this.store.deviceId, wraps, previous, state.directory, state.now);
    const previousSecret = wants ? await this.#secrets.of(previous.n, state) : null;
    if (wants && !previousSecret) throw new CrpError("no-history", "the older secret does not open on this device");
    return createEpoch(this.store.curves, this.store, {
      convId: this.id, previous, previousSecret, recipients: new Map(state.allowed), recordsKey: state.wire.recordsKey,
    });
  }

  async #openLog(): Promise<void> {
    if (this.#must().log.opened) return;
    const { practiceId, personId } = this.#must().wire;
    await this.#postEntry(() => ({ op: "policy", subject: opening(practiceId, personId), now: this.#now() }), () => this.#must().log.opened !== null);
  }

  async #addEntry(wish: () => EntryWish, done = () => false): Promise<void> {
    await this.#openLog();
    await this.#postEntry(wish, done);
  }

  /** Sign for the current end of the log; when somebody was faster, sign again unless that already did it. */
  async #postEntry(wish: () => EntryWish, done: () => boolean): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      if (done()) return;
      const answer = await this.transport.postEntry(await signEntry(this.store, this.#must().log, wish()));
      await this.#loadKeys();
      if (answer === "ok") return;
    }
    if (!done()) throw new CrpError("stale", "the member log kept changing");
  }

  /** One grant per gap in the history chain: each opens everything below it. */
  async #grantGaps(deviceId: string, assurance: Assurance): Promise<void> {
    const to = `dev:${deviceId}`;
    const epochs = this.#must().wire.epochs;
    for (const [index, epoch] of epochs.entries()) {
      const newer = epochs[index + 1];
      const reads = epoch.wraps.some((wrap) => wrap.to === to);
      if (reads || (newer?.hist !== undefined)) continue;
      const state = this.#must();
      const [secret, cert] = [await this.#secrets.of(epoch.n, state), state.directory.certified(deviceId, this.#now())];
      if (!secret || !cert) continue;
      const subject = await sealGrant(this.store.curves, epoch, secret, cert);
      await this.#addEntry(() => ({ op: "grant", subject, assurance, now: this.#now() }));
    }
  }

  #pendingLine({ message, body }: Waiting): Line {
    return {
      seq: 0, msgId: message.msg_id, deviceId: message.device_id, personId: this.person.personId, staff: isStaff(this.person.role),
      verified: !this.keys.deviceUnverified, mine: true, receivedAt: null, body, fault: null,
    };
  }
}

/** SHA-256 of a link's secret as it stands in the URL fragment: base64url of the raw token. */
export async function hashOfLinkSecret(secret: string): Promise<Uint8Array<ArrayBuffer>> {
  return sha256(unb64(secret));
}
