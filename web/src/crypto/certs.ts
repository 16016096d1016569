/** CRP-1 rules about devices: certificates and their chain to the practice root, revocations, the records key (docs/crp-1.md 2). */
import { type Bytes, CrpError, lp, newId, sha256, SKEW, unb64, utf8, ZERO_ID, b64 } from "./bytes";
import type { Curves } from "./curves";
import {
  type Assurance, type Cert, certTbs, isStaff, isWriter, type Reason, type RecordsKey, recordsKeyTbs, type Revocation,
  revocationTbs, type Role, type Unsigned,
} from "./records";

const DAY = 86_400;
export const STAFF_LIFE = 90 * DAY;
export const PATIENT_LIFE = 400 * DAY;

export type Sign = (data: Bytes) => Promise<Bytes>;

/** A device as its own certificates see it. */
export interface Identity {
  deviceId: string;
  dsPub: string;
  dkPub: string;
  sign: Sign;
}

/** Throws CrpError "bad-signature". */
export async function verifySig(curves: Curves, pub: string, sig: string, tbs: Bytes, what: string): Promise<void> {
  if (!(await curves.verify(unb64(pub), unb64(sig), tbs))) {
    throw new CrpError("bad-signature", `the signature of the ${what} does not verify`);
  }
}

/** Put a signature on a record. */
export async function signed<T extends { sig: string }>(record: Unsigned<T>, tbs: Bytes, sign: Sign): Promise<T> {
  return { ...record, sig: b64(await sign(tbs)) } as T;
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Six groups of four characters, the same as on the practice's printed sheet. */
export function rootFingerprint(practiceId: string, rootPub: string): Promise<string> {
  return groups(lp(utf8("careroom/root-fp/v1"), unb64(practiceId), unb64(rootPub)));
}

/** The same for a device: its owner reads it to the administrator, who sees it before giving a certificate. */
export function deviceFingerprint(dsPub: string): Promise<string> {
  return groups(lp(utf8("careroom/device-fp/v1"), unb64(dsPub)));
}

async function groups(identity: Bytes): Promise<string> {
  const raw = (await sha256(identity)).slice(0, 15);
  let [text, hold, bits] = ["", 0, 0];
  for (const byte of raw) {
    hold = (hold << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += CROCKFORD[(hold >> bits) & 31];
    }
    hold &= (1 << bits) - 1;
  }
  return text.replace(/(.{4})(?=.)/g, "$1 ");
}

export interface CertWish {
  practiceId: string;
  personId: string;
  role: Role;
  now: number;
}

/** A patient device's own certificate, or a staff device's request for one: both signed by the device itself. */
export async function selfSign(device: Identity, wish: CertWish): Promise<Cert> {
  const record: Unsigned<Cert> = {
    suite: 1, cert_id: newId(), practice_id: wish.practiceId, person_id: wish.personId, device_id: device.deviceId,
    role: wish.role, ds_pub: device.dsPub, dk_pub: device.dkPub, not_before: wish.now,
    not_after: wish.now + (isStaff(wish.role) ? STAFF_LIFE : PATIENT_LIFE), assurance: "claimed",
    issuer_device_id: device.deviceId,
  };
  return signed<Cert>(record, certTbs(record), device.sign);
}

/** A staff device vouches for a patient's device: same keys, same person, a stronger assurance. */
export async function issue(staff: Identity, claimed: Cert, assurance: Exclude<Assurance, "claimed">, now: number): Promise<Cert> {
  if (isStaff(claimed.role)) throw new CrpError("not-allowed", "only the practice root certifies staff devices");
  const { sig: _old, ...rest } = claimed;
  const record: Unsigned<Cert> = {
    ...rest, cert_id: newId(), not_before: now, not_after: now + PATIENT_LIFE, assurance, issuer_device_id: staff.deviceId,
  };
  return signed<Cert>(record, certTbs(record), staff.sign);
}

export async function revoke(by: Identity, cert: Cert, reason: Reason, now: number): Promise<Revocation> {
  const record: Unsigned<Revocation> = {
    suite: 1, practice_id: cert.practice_id, cert_id: cert.cert_id, device_id: cert.device_id, reason, at: now, by: by.deviceId,
  };
  return signed<Revocation>(record, revocationTbs(record), by.sign);
}

/** Throws unless the practice root signed this records key for this practice. */
export async function verifyRecordsKey(curves: Curves, key: RecordsKey, practiceId: string, rootPub: string): Promise<void> {
  await verifySig(curves, rootPub, key.sig, recordsKeyTbs(key, practiceId), "records key");
}

export const isSelfSigned = (cert: Cert): boolean => cert.issuer_device_id === cert.device_id;
export const isFromRoot = (cert: Cert): boolean => cert.issuer_device_id === ZERO_ID;

/** Who may say what: the table of docs/crp-1.md 2.1, without signatures and times. */
function checkKind(cert: Cert): void {
  const staff = isStaff(cert.role);
  const life = cert.not_after - cert.not_before;
  let fits: boolean;
  if (isFromRoot(cert)) fits = staff && cert.assurance === "practice";
  else if (isSelfSigned(cert)) fits = !staff && cert.assurance === "claimed";
  else fits = !staff && cert.assurance !== "claimed";
  if (!fits || life <= 0 || life > (staff ? STAFF_LIFE : PATIENT_LIFE) || cert.device_id === ZERO_ID) {
    throw new CrpError("bad-certificate", "this issuer cannot give this role, assurance or life");
  }
}

/**
 * What the signed records of one practice say about its devices.
 *
 * A record that breaks a rule does not count and is named in `refused`: one bad line slipped in by a server must neither be
 * obeyed nor stop the rest from being read.
 */
export class Directory {
  readonly refused: { id: string; why: string }[] = [];
  readonly #certs = new Map<string, Cert[]>();
  readonly #ended = new Map<string, number>();

  private constructor(
    readonly curves: Curves,
    readonly practiceId: string,
    readonly rootPub: string,
  ) {}

  static async build(
    curves: Curves, practiceId: string, rootPub: string, certs: Cert[], revocations: Revocation[],
  ): Promise<Directory> {
    const directory = new Directory(curves, practiceId, rootPub);
    const ends = [...revocations].sort((a, b) => a.at - b.at);
    await directory.#add(certs.filter(isFromRoot));
    await directory.#end(ends); // staff devices that are gone must not count as issuers below
    await directory.#add(certs.filter((cert) => !isFromRoot(cert) && !isSelfSigned(cert)));
    await directory.#add(certs.filter(isSelfSigned));
    directory.refused.push(...(await directory.#end(ends)));
    return directory;
  }

  async #add(certs: Cert[]): Promise<void> {
    for (const cert of certs) {
      try {
        await this.#verifyChain(cert);
      } catch (error) {
        if (!(error instanceof CrpError)) throw error;
        this.refused.push({ id: cert.cert_id, why: error.message });
        continue;
      }
      this.#certs.set(cert.device_id, [...(this.#certs.get(cert.device_id) ?? []), cert]);
    }
  }

  async #end(revocations: Revocation[]): Promise<{ id: string; why: string }[]> {
    const left: { id: string; why: string }[] = [];
    for (const end of revocations) {
      if ((this.#ended.get(end.device_id) ?? Infinity) <= end.at) continue;
      try {
        await this.#verifyRevocation(end);
        this.#ended.set(end.device_id, end.at);
      } catch (error) {
        if (!(error instanceof CrpError)) throw error;
        left.push({ id: end.cert_id, why: error.message });
      }
    }
    return left;
  }

  async #verifyChain(cert: Cert): Promise<void> {
    if (cert.practice_id !== this.practiceId) throw new CrpError("bad-certificate", "for another practice");
    checkKind(cert);
    const known = this.#certs.get(cert.device_id)?.[0];
    if (known && known.ds_pub !== cert.ds_pub) throw new CrpError("bad-certificate", "this device has another signing key");
    let issuer: string | undefined;
    if (isFromRoot(cert)) issuer = this.rootPub;
    else if (isSelfSigned(cert)) issuer = cert.ds_pub;
    else issuer = this.staff(cert.issuer_device_id, cert.not_before)?.ds_pub;
    if (issuer === undefined) throw new CrpError("bad-certificate", "the issuer was no certified staff device then");
    await verifySig(this.curves, issuer, cert.sig, certTbs(cert), "certificate");
  }

  async #verifyRevocation(end: Revocation): Promise<void> {
    const target = this.#certs.get(end.device_id);
    if (end.practice_id !== this.practiceId || !target) throw new CrpError("bad-revocation", "no such device here");
    const author = this.valid(end.by, end.at);
    const patientsOnly = target.every((cert) => !isStaff(cert.role));
    const staffMay = author && isFromRoot(author) && (author.role === "admin" || (isWriter(author.role) && patientsOnly));
    const allowed = end.by === ZERO_ID || (author && (end.by === end.device_id || staffMay));
    if (!allowed) throw new CrpError("bad-revocation", "this signer may not end this device");
    await verifySig(this.curves, author?.ds_pub ?? this.rootPub, end.sig, revocationTbs(end), "revocation");
  }

  #best(deviceId: string, at: number): Cert[] {
    if ((this.#ended.get(deviceId) ?? Infinity) <= at) return [];
    const good = (this.#certs.get(deviceId) ?? []).filter((c) => c.not_before - SKEW <= at && at <= c.not_after);
    const rank = (c: Cert): string => `${String(c.not_before).padStart(16, "0")}${isSelfSigned(c) ? 0 : 1}${hex(unb64(c.cert_id))}`;
    return good.sort((a, b) => (rank(a) < rank(b) ? 1 : -1));
  }

  /** The certificate that counts for this device at this time: the newest, a self-signed one included. */
  valid(deviceId: string, at: number): Cert | undefined {
    return this.#best(deviceId, at)[0];
  }

  /** As `valid`, but only one that the root or a staff device issued. */
  certified(deviceId: string, at: number): Cert | undefined {
    return this.#best(deviceId, at).find((cert) => !isSelfSigned(cert));
  }

  /** As `valid`, but only a root-issued one with a role that reads conversations and signs entries. */
  staff(deviceId: string, at: number): Cert | undefined {
    return this.#best(deviceId, at).find((cert) => isFromRoot(cert) && isWriter(cert.role));
  }

  /** Any sound certificate whatever the time: its key verifies what the device once signed. */
  known(deviceId: string): Cert | undefined {
    return this.#certs.get(deviceId)?.[0];
  }

  devices(): string[] {
    return [...this.#certs.keys()];
  }
}

function hex(raw: Bytes): string {
  return Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
