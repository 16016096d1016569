/** CRP-1 rules about membership: the signed log, invites, claims and who may receive an epoch (docs/crp-1.md 3 and 4). */
import { CrpError, kidOf, newId, sha256, b64, type Bytes, ZERO_HASH } from "./bytes";
import { type Directory, type Identity, isFromRoot, isSelfSigned, signed, verifySig } from "./certs";
import type { Curves } from "./curves";
import {
  type Assurance, type Cert, certTbs, type Claim, claimTbs, entryTbs, hashOf, type MemberEntry, type Op, POLICY, type RecordsKey,
  type Subject, type Unsigned,
} from "./records";

type Opening = Extract<Subject, { type: "open" }>;
type Invite = Extract<Subject, { type: "invite" }>;
export type Grant = Extract<Subject, { type: "grant" }>;

/** A conversation's member log, read up to entry `i`. */
export class Membership {
  i = 0;
  hash = ZERO_HASH;
  opened: Opening | null = null;
  readonly team = new Set<string>();
  readonly excluded = new Set<string>();
  readonly invites = new Map<string, Invite>();
  readonly ended = new Map<string, number>();
  readonly removed = new Set<string>();
  readonly grants: Grant[] = [];

  constructor(readonly convId: string) {}

  /** Fold a whole log; throws CrpError at the first entry that breaks a rule. */
  static async read(convId: string, entries: MemberEntry[], directory: Directory): Promise<Membership> {
    const log = new Membership(convId);
    for (const entry of entries) await log.add(entry, directory);
    return log;
  }

  inTeam(personId: string): boolean {
    if (!this.opened || this.excluded.has(personId)) return false;
    return this.opened.team.length === 0 || this.team.has(personId);
  }

  /** The patient and every proxy that was ever invited. */
  people(): Set<string> {
    const invited = [...this.invites.values()].map((invite) => invite.person_id);
    return new Set(this.opened ? [this.opened.person_id, ...invited] : invited);
  }

  /** Place, author, signature and meaning of the next entry. Throws CrpError and then has changed nothing. */
  async add(entry: MemberEntry, directory: Directory): Promise<void> {
    const { subject } = entry;
    if (entry.conv_id !== this.convId || entry.i !== this.i + 1 || entry.prev !== this.hash) {
      throw new CrpError("bad-entry", "this entry does not follow the last one");
    }
    if ((subject.type === "open") !== (entry.i === 1)) throw new CrpError("bad-entry", "only the first entry opens");
    if (subject.type === "open" && (subject.practice_id !== directory.practiceId || subject.policy !== POLICY)) {
      throw new CrpError("bad-entry", "this practice or policy is not known here");
    }
    const author = directory.staff(entry.by, entry.at);
    if (!author) throw new CrpError("bad-entry", "the author was no certified staff device then");
    const breakGlass =
      entry.op === "add" && subject.type === "staff" && subject.person_id === author.person_id && entry.reason !== "";
    if (entry.i > 1 && !this.inTeam(author.person_id) && !breakGlass) throw new CrpError("bad-entry", "the author is not in the team");
    if (subject.type === "invite" && this.invites.has(subject.invite_id)) throw new CrpError("bad-entry", "this invite exists");
    if (subject.type === "invite-end" && !this.invites.has(subject.invite_id)) throw new CrpError("bad-entry", "no such invite");
    const tbs = entryTbs(entry);
    await verifySig(directory.curves, author.ds_pub, entry.sig, tbs, "member entry");
    this.#apply(entry);
    this.i = entry.i;
    this.hash = await hashOf(tbs);
  }

  #apply({ subject, op, at }: MemberEntry): void {
    switch (subject.type) {
      case "open":
        this.opened = subject;
        subject.team.forEach((person) => this.team.add(person));
        return;
      case "invite":
        this.invites.set(subject.invite_id, subject);
        return;
      case "invite-end":
        if (!this.ended.has(subject.invite_id)) this.ended.set(subject.invite_id, at);
        return;
      case "staff":
        (op === "add" ? this.team : this.excluded).add(subject.person_id);
        (op === "add" ? this.excluded : this.team).delete(subject.person_id);
        return;
      case "device":
        this.removed.add(subject.device_id);
        return;
      case "grant":
        this.grants.push(subject);
    }
  }
}

export interface EntryWish {
  op: Op;
  subject: Subject;
  assurance?: Assurance;
  reason?: string;
  now: number;
}

/** The next entry of a log, signed. */
export async function signEntry(by: Identity, log: Membership, wish: EntryWish): Promise<MemberEntry> {
  const record: Unsigned<MemberEntry> = {
    suite: 1, conv_id: log.convId, i: log.i + 1, prev: log.hash, op: wish.op, subject: wish.subject, by: by.deviceId,
    assurance: wish.assurance ?? "practice", reason: wish.reason ?? "", at: wish.now,
  };
  return signed<MemberEntry>(record, entryTbs(record), by.sign);
}

/** The subject of the first entry; an empty team means every certified staff device of the practice. */
export const opening = (practiceId: string, personId: string, team: string[] = []): Subject => ({
  type: "open", practice_id: practiceId, person_id: personId, team, policy: POLICY,
});

/** The subject of an invite; `token` is the raw secret of the link. */
export async function invitation(personId: string, tokenHash: Bytes, exp: number, inviteId = newId()): Promise<Invite> {
  return { type: "invite", invite_id: inviteId, person_id: personId, token_hash: b64(tokenHash), exp };
}

export const tokenHash = (token: Bytes): Promise<Bytes> => sha256(token);

/** A device's answer to an invite, beside its self-signed certificate. */
export async function makeClaim(device: Identity, cert: Cert, convId: string, inviteId: string, now: number): Promise<Claim> {
  const record: Unsigned<Claim> = {
    suite: 1, practice_id: cert.practice_id, conv_id: convId, invite_id: inviteId, device_id: device.deviceId,
    cert_hash: await hashOf(certTbs(cert)), at: now,
  };
  return signed<Claim>(record, claimTbs(record), device.sign);
}

/** Throws CrpError unless this claim and certificate answer an invite that no other device has used. */
export async function verifyClaim(
  curves: Curves, claim: Claim, cert: Cert, log: Membership, burnt: ReadonlyMap<string, string>,
): Promise<void> {
  const invite = log.invites.get(claim.invite_id);
  const fail = (why: string): CrpError => new CrpError("bad-claim", why);
  if (claim.conv_id !== log.convId || !invite || !log.opened) throw fail("there is no such invite here");
  if ((burnt.get(claim.invite_id) ?? claim.device_id) !== claim.device_id) throw fail("this invite has been used");
  if (claim.at > invite.exp || (log.ended.get(claim.invite_id) ?? claim.at) < claim.at) throw fail("this invite has ended");
  const role = invite.person_id === log.opened.person_id ? "patient" : "proxy";
  if (cert.person_id !== invite.person_id || cert.role !== role || !isSelfSigned(cert)) throw fail("not the invited person");
  if (claim.device_id !== cert.device_id || claim.practice_id !== cert.practice_id) throw fail("for another certificate");
  if (claim.cert_hash !== (await hashOf(certTbs(cert)))) throw fail("for another certificate");
  await verifySig(curves, cert.ds_pub, claim.sig, claimTbs(claim), "claim");
}

/** invite id -> device id of the first sound claim of each invite, in order of receipt. */
export async function claimedDevices(curves: Curves, claims: Claim[], certs: Cert[], log: Membership): Promise<Map<string, string>> {
  const byHash = new Map<string, Cert>();
  for (const cert of certs) byHash.set(await hashOf(certTbs(cert)), cert);
  const burnt = new Map<string, string>();
  for (const claim of claims) {
    const cert = byHash.get(claim.cert_hash);
    if (!cert) continue;
    try {
      await verifyClaim(curves, claim, cert, log, burnt);
      burnt.set(claim.invite_id, claim.device_id);
    } catch (error) {
      if (!(error instanceof CrpError)) throw error; // an unsound or second claim admits nobody
    }
  }
  return burnt;
}

/** A certificate for each device of the patient's side that may read the conversation. */
export function admittedDevices(
  log: Membership, claimed: ReadonlyMap<string, string>, directory: Directory, now: number,
): Map<string, Cert> {
  const [people, claimers] = [log.people(), new Set(claimed.values())];
  const found = new Map<string, Cert>();
  for (const deviceId of directory.devices()) {
    const best = directory.valid(deviceId, now);
    if (!best || isFromRoot(best) || log.removed.has(deviceId) || !people.has(best.person_id)) continue;
    if (claimers.has(deviceId) || directory.certified(deviceId, now)) found.set(deviceId, best);
  }
  return found;
}

/** The staff devices of the care team. */
export function teamDevices(log: Membership, directory: Directory, now: number): Map<string, Cert> {
  const found = new Map<string, Cert>();
  for (const deviceId of directory.devices()) {
    const cert = directory.staff(deviceId, now);
    if (cert && !log.removed.has(deviceId) && log.inTeam(cert.person_id)) found.set(deviceId, cert);
  }
  return found;
}

/** Somebody an epoch is sealed to. */
export interface Recipient {
  to: string;
  kid: string;
  pub: string;
}

/** Everybody the next epoch must be sealed to: never more, never fewer. */
export async function allowedRecipients(
  log: Membership, claimed: ReadonlyMap<string, string>, directory: Directory, key: RecordsKey, now: number,
): Promise<Map<string, Recipient>> {
  const allowed = new Map<string, Recipient>();
  const devices = [...admittedDevices(log, claimed, directory, now).values(), ...teamDevices(log, directory, now).values()];
  for (const cert of devices) {
    const to = `dev:${cert.device_id}`;
    allowed.set(to, { to, kid: await kidOf(cert.dk_pub), pub: cert.dk_pub });
  }
  const to = `rk:${key.n}`;
  return allowed.set(to, { to, kid: await kidOf(key.pub), pub: key.pub });
}
