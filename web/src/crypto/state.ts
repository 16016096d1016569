/** A conversation's signed records, read and verified together (docs/crp-1.md 7): what this device believes about who may read. */
import { CrpError } from "./bytes";
import { Directory, isFromRoot, isSelfSigned, verifyRecordsKey } from "./certs";
import type { Curves } from "./curves";
import { sealedTo, verifyEpoch } from "./epochs";
import { admittedDevices, allowedRecipients, claimedDevices, Membership, type Recipient, teamDevices } from "./members";
import {
  type Cert, type Claim, type Epoch, type MemberEntry, readCert, readClaim, readEntry, readEpoch, Reader, readRecordsKey,
  readRevocation, type RecordsKey, type Revocation,
} from "./records";

export interface Wire {
  now: number;
  convId: string;
  personId: string;
  practiceId: string;
  rootPub: string;
  recordsKey: RecordsKey;
  certs: Cert[];
  members: MemberEntry[];
  claims: Claim[];
  revocations: Revocation[];
  epochs: Epoch[];
  mustRotate: boolean;
  head: { seq: number; hash: string };
}

/** Read the key state's JSON. Throws CrpError "malformed" or "unknown-suite". */
export function readWire(data: unknown): Wire {
  const r = new Reader(data);
  const [conversation, practice, head] = [r.child("conversation"), r.child("practice"), r.child("head")];
  const epochs = r.list("epochs").map(readEpoch);
  const current = r.has("epoch") ? readEpoch(r.value("epoch")) : null;
  if (current && !epochs.some((epoch) => epoch.n === current.n)) epochs.push(current);
  return {
    now: r.number("now"), convId: conversation.id("id"), personId: conversation.id("person_id"), practiceId: conversation.id("practice_id"),
    rootPub: practice.raw("root_pub", 32), recordsKey: readRecordsKey(practice.value("records_key")),
    certs: r.list("devices").map(readCert), members: r.list("members").map(readEntry), claims: r.list("claims").map(readClaim),
    revocations: r.list("revocations").map(readRevocation), epochs: epochs.sort((a, b) => a.n - b.n),
    mustRotate: r.boolean("must_rotate"), head: { seq: head.number("seq"), hash: head.raw("hash", 32) },
  };
}

/** Devices that came or went with one epoch: a line in the chat. */
export interface MemberChange {
  n: number;
  added: string[];
  removed: string[];
}

export class KeyState {
  private constructor(
    readonly wire: Wire,
    readonly now: number,
    readonly directory: Directory,
    readonly log: Membership,
    readonly claimed: ReadonlyMap<string, string>,
    readonly allowed: ReadonlyMap<string, Recipient>,
  ) {}

  /** Verify everything; `now` in seconds. Throws CrpError when a record that must hold does not. */
  static async verify(curves: Curves, wire: Wire, now: number): Promise<KeyState> {
    await verifyRecordsKey(curves, wire.recordsKey, wire.practiceId, wire.rootPub);
    if (wire.recordsKey.from > now) throw new CrpError("no-records-key", "the records key is not in force yet");
    const directory = await Directory.build(curves, wire.practiceId, wire.rootPub, wire.certs, wire.revocations);
    const log = await Membership.read(wire.convId, wire.members, directory);
    if (log.opened && log.opened.person_id !== wire.personId) throw new CrpError("bad-entry", "this conversation is another patient's");
    const claimed = await claimedDevices(curves, wire.claims, wire.certs, log);
    const allowed = await allowedRecipients(log, claimed, directory, wire.recordsKey, now);
    let previous: Epoch | null = null;
    for (const epoch of wire.epochs) {
      if (epoch.id !== wire.convId) throw new CrpError("broken-chain", "an epoch of another conversation");
      await verifyEpoch(epoch, previous, directory, wire.recordsKey);
      previous = epoch;
    }
    return new KeyState(wire, now, directory, log, claimed, allowed);
  }

  get epoch(): Epoch | null {
    return this.wire.epochs.at(-1) ?? null;
  }

  /** Whether the next message needs a new epoch first. */
  get mustRotate(): boolean {
    return this.epoch === null || this.wire.mustRotate || !sealedTo(this.epoch, new Map(this.allowed));
  }

  /** Whether no staff device can read what is written now. */
  get noStaffDevice(): boolean {
    return teamDevices(this.log, this.directory, this.now).size === 0;
  }

  /** Devices of this conversation: the care team's and the patient side's. */
  members(): Map<string, Cert> {
    const patients = admittedDevices(this.log, this.claimed, this.directory, this.now);
    return new Map([...teamDevices(this.log, this.directory, this.now), ...patients]);
  }

  /** Admitted devices that nobody has vouched for yet. */
  unverified(): Cert[] {
    return [...this.members().values()].filter(isSelfSigned);
  }

  isStaffDevice(deviceId: string): boolean {
    const cert = this.directory.known(deviceId);
    return cert !== undefined && isFromRoot(cert);
  }

  changes(): MemberChange[] {
    const devices = (epoch: Epoch | undefined): string[] =>
      (epoch?.wraps ?? []).filter((wrap) => wrap.to.startsWith("dev:")).map((wrap) => wrap.to.slice(4));
    return this.wire.epochs.slice(1).flatMap((epoch, index) => {
      const [before, after] = [devices(this.wire.epochs[index]), devices(epoch)];
      const change = { n: epoch.n, added: after.filter((id) => !before.includes(id)), removed: before.filter((id) => !after.includes(id)) };
      return change.added.length + change.removed.length > 0 ? [change] : [];
    });
  }
}
