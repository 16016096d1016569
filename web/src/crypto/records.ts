/**
 * The CRP-1 records as they travel: their JSON, read strictly, and their to-be-signed bytes (docs/crp-1.md).
 *
 * Ids, keys and hashes stay base64url text; it is canonical, so equal text is equal bytes.
 */
import { type Bytes, concat, CrpError, b64, lp, MAX_WIRE_INT, sha256, SUITE, u64, u8, unb64, utf8, compareBytes } from "./bytes";

export type Role = "patient" | "proxy" | "clinician" | "scheduler" | "admin" | "assistant";
export type Assurance = "claimed" | "dob" | "video" | "video_sas" | "in_person" | "existing_device" | "practice";
export type Reason = "lost" | "stolen" | "replaced" | "left" | "rejected";

const ROLES: readonly Role[] = ["patient", "proxy", "clinician", "scheduler", "admin", "assistant"];
const ASSURANCES: readonly Assurance[] = ["claimed", "dob", "video", "video_sas", "in_person", "existing_device", "practice"];
const REASONS: readonly Reason[] = ["lost", "stolen", "replaced", "left", "rejected"];

export const isStaff = (role: Role): boolean => role !== "patient" && role !== "proxy";
/** Staff roles that read conversations, sign entries and certify patients. */
export const isWriter = (role: Role): boolean => role === "clinician" || role === "scheduler" || role === "admin";

export const POLICY = "recipients=care-team,patient,records;history=certified";
export const policyHash = async (): Promise<string> => b64(await sha256(lp(utf8("careroom/policy/v1"), utf8(POLICY))));

export interface Cert {
  suite: 1; cert_id: string; practice_id: string; person_id: string; device_id: string; role: Role;
  ds_pub: string; dk_pub: string; not_before: number; not_after: number; assurance: Assurance;
  issuer_device_id: string; sig: string;
}
export interface RecordsKey { suite: 1; n: number; pub: string; from: number; sig: string }
export interface Revocation {
  suite: 1; practice_id: string; cert_id: string; device_id: string; reason: Reason; at: number; by: string; sig: string;
}
export interface Wrap { to: string; kid: string; enc: string }
export interface Epoch {
  suite: 1; kind: "conv"; id: string; n: number; prev: string; commit: string; policy_hash: string; log_head: string;
  by: string; wraps: Wrap[]; hist?: string; sig: string;
}
export interface Message {
  suite: 1; conv_id: string; n: number; commit: string; device_id: string; msg_id: string; kind: "conv";
  seen_seq: number; seen_hash: string; ct: string; sig: string;
}
export type Subject =
  | { type: "open"; practice_id: string; person_id: string; team: string[]; policy: string }
  | { type: "invite"; invite_id: string; person_id: string; token_hash: string; exp: number }
  | { type: "invite-end"; invite_id: string }
  | { type: "staff"; person_id: string }
  | { type: "device"; device_id: string }
  | { type: "grant"; device_id: string; n: number; kid: string; enc: string };
export type Op = "add" | "remove" | "grant" | "policy";
export interface MemberEntry {
  suite: 1; conv_id: string; i: number; prev: string; op: Op; subject: Subject; by: string; assurance: Assurance;
  reason: string; at: number; sig: string;
}
export interface Claim {
  suite: 1; practice_id: string; conv_id: string; invite_id: string; device_id: string; cert_hash: string; at: number; sig: string;
}
export interface Hello {
  suite: 1; call_id: string; device_id: string; cert_id: string; eph_kem_pub: string; dtls_fps: string[]; nonce: string;
  caps: string; at: number; sig: string;
}
/** A record before its signature. */
export type Unsigned<T extends { sig: string }> = Omit<T, "sig">;

/** Strict reading: each field is asked for by kind and size; anything else throws CrpError "malformed". */
export class Reader {
  readonly #data: Record<string, unknown>;
  constructor(data: unknown) {
    if (typeof data !== "object" || data === null || Array.isArray(data)) throw new CrpError("malformed", "not an object");
    this.#data = data as Record<string, unknown>;
  }
  #bad(name: string): CrpError {
    return new CrpError("malformed", `the field ${name} is missing or wrong`);
  }
  has(name: string): boolean {
    return this.#data[name] !== undefined && this.#data[name] !== null;
  }
  suite(): 1 {
    if (this.#data["suite"] !== SUITE) throw new CrpError("unknown-suite", "this suite is not known here");
    return SUITE;
  }
  text(name: string, longest = 200): string {
    const value = this.#data[name];
    if (typeof value !== "string" || utf8(value).length > longest) throw this.#bad(name);
    return value;
  }
  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const found = allowed.find((word) => word === this.#data[name]);
    if (found === undefined) throw this.#bad(name);
    return found;
  }
  number(name: string): number {
    const value = this.#data[name];
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > MAX_WIRE_INT) throw this.#bad(name);
    return value;
  }
  boolean(name: string): boolean {
    const value = this.#data[name];
    if (typeof value !== "boolean") throw this.#bad(name);
    return value;
  }
  raw(name: string, size?: number): string {
    const value = this.#data[name];
    if (typeof value !== "string" || value.length > 100_000) throw this.#bad(name);
    const found = unb64(value);
    if (size !== undefined && found.length !== size) throw this.#bad(name);
    return value;
  }
  id(name: string): string {
    return this.raw(name, 16);
  }
  list(name: string): unknown[] {
    const value = this.#data[name];
    if (!Array.isArray(value)) throw this.#bad(name);
    return value;
  }
  texts(name: string): string[] {
    return this.list(name).map((item) => {
      if (typeof item !== "string") throw this.#bad(name);
      return item;
    });
  }
  child(name: string): Reader {
    return new Reader(this.#data[name]);
  }
  value(name: string): unknown {
    return this.#data[name];
  }
}

export function readCert(data: unknown): Cert {
  const r = new Reader(data);
  return {
    suite: r.suite(), cert_id: r.id("cert_id"), practice_id: r.id("practice_id"), person_id: r.id("person_id"),
    device_id: r.id("device_id"), role: r.oneOf("role", ROLES), ds_pub: r.raw("ds_pub", 32), dk_pub: r.raw("dk_pub", 32),
    not_before: r.number("not_before"), not_after: r.number("not_after"), assurance: r.oneOf("assurance", ASSURANCES),
    issuer_device_id: r.id("issuer_device_id"), sig: r.raw("sig", 64),
  };
}

export function certTbs(c: Unsigned<Cert>): Bytes {
  return lp(
    utf8("careroom/cert/v1"), u8(c.suite), unb64(c.cert_id), unb64(c.practice_id), unb64(c.person_id), unb64(c.device_id),
    utf8(c.role), unb64(c.ds_pub), unb64(c.dk_pub), u64(c.not_before), u64(c.not_after), utf8(c.assurance),
    unb64(c.issuer_device_id),
  );
}

export function readRecordsKey(data: unknown): RecordsKey {
  const r = new Reader(data);
  return { suite: r.suite(), n: r.number("n"), pub: r.raw("pub", 32), from: r.number("from"), sig: r.raw("sig", 64) };
}

export function recordsKeyTbs(k: Unsigned<RecordsKey>, practiceId: string): Bytes {
  return lp(utf8("careroom/records-key/v1"), u8(k.suite), unb64(practiceId), u64(k.n), unb64(k.pub), u64(k.from));
}

export function readRevocation(data: unknown): Revocation {
  const r = new Reader(data);
  return {
    suite: r.suite(), practice_id: r.id("practice_id"), cert_id: r.id("cert_id"), device_id: r.id("device_id"),
    reason: r.oneOf("reason", REASONS), at: r.number("at"), by: r.id("by"), sig: r.raw("sig", 64),
  };
}

export function revocationTbs(v: Unsigned<Revocation>): Bytes {
  return lp(
    utf8("careroom/revoke/v1"), u8(v.suite), unb64(v.practice_id), unb64(v.cert_id), unb64(v.device_id), utf8(v.reason),
    u64(v.at), unb64(v.by),
  );
}

export function readEpoch(data: unknown): Epoch {
  const r = new Reader(data);
  const wraps = r.list("wraps").map((item) => {
    const w = new Reader(item);
    return { to: w.text("to"), kid: w.raw("kid", 8), enc: w.raw("enc", 80) };
  });
  if (new Set(wraps.map((wrap) => wrap.to)).size !== wraps.length) throw new CrpError("malformed", "a recipient stands twice");
  return {
    suite: r.suite(), kind: r.oneOf("kind", ["conv"]), id: r.id("id"), n: r.number("n"), prev: r.raw("prev", 32),
    commit: r.raw("commit", 32), policy_hash: r.raw("policy_hash", 32), log_head: r.raw("log_head", 32), by: r.id("by"),
    wraps, ...(r.has("hist") ? { hist: r.raw("hist", 48) } : {}), sig: r.raw("sig", 64),
  };
}

export function epochTbs(e: Unsigned<Epoch>): Bytes {
  const wraps = [...e.wraps].sort((a, b) => compareBytes(utf8(a.to), utf8(b.to)));
  return lp(
    utf8("careroom/epoch/v1"), u8(e.suite), utf8(e.kind), unb64(e.id), u64(e.n), unb64(e.prev), unb64(e.commit),
    unb64(e.policy_hash), unb64(e.log_head), unb64(e.by), lp(...wraps.map((w) => lp(utf8(w.to), unb64(w.kid), unb64(w.enc)))),
    e.hist === undefined ? new Uint8Array(0) : unb64(e.hist),
  );
}

export const hashOf = async (tbs: Bytes): Promise<string> => b64(await sha256(tbs));
export const epochHash = (e: Unsigned<Epoch>): Promise<string> => hashOf(epochTbs(e));

export function readMessage(data: unknown): Message {
  const r = new Reader(data);
  return {
    suite: r.suite(), conv_id: r.id("conv_id"), n: r.number("n"), commit: r.raw("commit", 32), device_id: r.id("device_id"),
    msg_id: r.id("msg_id"), kind: r.oneOf("kind", ["conv"]), seen_seq: r.number("seen_seq"), seen_hash: r.raw("seen_hash", 32),
    ct: r.raw("ct"), sig: r.raw("sig", 64),
  };
}

export function messageHdr(m: Omit<Message, "ct" | "sig">): Bytes {
  return lp(
    utf8("careroom/msg/v1"), u8(m.suite), unb64(m.conv_id), u64(m.n), unb64(m.commit), unb64(m.device_id), unb64(m.msg_id),
    utf8(m.kind), u64(m.seen_seq), unb64(m.seen_hash),
  );
}

export async function messageTbs(m: Unsigned<Message>): Promise<Bytes> {
  return concat(messageHdr(m), await sha256(unb64(m.ct)));
}

export async function messageHash(m: Message): Promise<Bytes> {
  return sha256(lp(utf8("careroom/msg-record/v1"), messageHdr(m), unb64(m.ct), unb64(m.sig)));
}

/** h_k from h_(k-1). */
export async function chainHash(previous: string, m: Message): Promise<string> {
  return hashOf(lp(unb64(previous), await messageHash(m)));
}

const FITS: Record<Subject["type"], readonly Op[]> = {
  open: ["policy"], invite: ["add"], "invite-end": ["remove"], staff: ["add", "remove"], device: ["remove"], grant: ["grant"],
};

function readSubject(r: Reader): Subject {
  const type = r.oneOf("type", Object.keys(FITS) as Subject["type"][]);
  switch (type) {
    case "open": {
      const team = r.texts("team");
      team.forEach((person) => new Reader({ person }).id("person"));
      if (new Set(team).size !== team.length) throw new CrpError("malformed", "a person stands in the team twice");
      return { type, practice_id: r.id("practice_id"), person_id: r.id("person_id"), team, policy: r.text("policy") };
    }
    case "invite":
      return {
        type, invite_id: r.id("invite_id"), person_id: r.id("person_id"), token_hash: r.raw("token_hash", 32), exp: r.number("exp"),
      };
    case "invite-end":
      return { type, invite_id: r.id("invite_id") };
    case "staff":
      return { type, person_id: r.id("person_id") };
    case "device":
      return { type, device_id: r.id("device_id") };
    case "grant":
      return { type, device_id: r.id("device_id"), n: r.number("n"), kid: r.raw("kid", 8), enc: r.raw("enc", 80) };
  }
}

export function readEntry(data: unknown): MemberEntry {
  const r = new Reader(data);
  const [op, subject] = [r.oneOf("op", ["add", "remove", "grant", "policy"] as const), readSubject(r.child("subject"))];
  if (!FITS[subject.type].includes(op)) throw new CrpError("malformed", "this operation does not take that subject");
  return {
    suite: r.suite(), conv_id: r.id("conv_id"), i: r.number("i"), prev: r.raw("prev", 32), op, subject, by: r.id("by"),
    assurance: r.oneOf("assurance", ASSURANCES), reason: r.text("reason"), at: r.number("at"), sig: r.raw("sig", 64),
  };
}

function subjectBytes(s: Subject): Bytes {
  const label = utf8(`careroom/subject-${s.type}/v1`);
  switch (s.type) {
    case "open": {
      const team = lp(...s.team.map(unb64).sort(compareBytes));
      return lp(label, unb64(s.practice_id), unb64(s.person_id), team, utf8(s.policy));
    }
    case "invite":
      return lp(label, unb64(s.invite_id), unb64(s.person_id), unb64(s.token_hash), u64(s.exp));
    case "invite-end":
      return lp(label, unb64(s.invite_id));
    case "staff":
      return lp(label, unb64(s.person_id));
    case "device":
      return lp(label, unb64(s.device_id));
    case "grant":
      return lp(label, unb64(s.device_id), u64(s.n), unb64(s.kid), unb64(s.enc));
  }
}

export function entryTbs(e: Unsigned<MemberEntry>): Bytes {
  return lp(
    utf8("careroom/member/v1"), u8(e.suite), unb64(e.conv_id), u64(e.i), unb64(e.prev), utf8(e.op), subjectBytes(e.subject),
    unb64(e.by), utf8(e.assurance), utf8(e.reason), u64(e.at),
  );
}

export function readClaim(data: unknown): Claim {
  const r = new Reader(data);
  return {
    suite: r.suite(), practice_id: r.id("practice_id"), conv_id: r.id("conv_id"), invite_id: r.id("invite_id"),
    device_id: r.id("device_id"), cert_hash: r.raw("cert_hash", 32), at: r.number("at"), sig: r.raw("sig", 64),
  };
}

export function claimTbs(c: Unsigned<Claim>): Bytes {
  return lp(
    utf8("careroom/claim/v1"), u8(c.suite), unb64(c.practice_id), unb64(c.conv_id), unb64(c.invite_id), unb64(c.device_id),
    unb64(c.cert_hash), u64(c.at),
  );
}

const FINGERPRINT = /^sha-(256|384|512) [0-9A-F]{2}(:[0-9A-F]{2})+$/;

export function readHello(data: unknown): Hello {
  const r = new Reader(data);
  const fps = r.texts("dtls_fps");
  if (fps.length < 1 || fps.length > 8 || !fps.every((fp) => FINGERPRINT.test(fp))) {
    throw new CrpError("malformed", "these are not DTLS fingerprints");
  }
  return {
    suite: r.suite(), call_id: r.id("call_id"), device_id: r.id("device_id"), cert_id: r.id("cert_id"),
    eph_kem_pub: r.raw("eph_kem_pub", 32), dtls_fps: fps, nonce: r.raw("nonce", 32), caps: r.text("caps"), at: r.number("at"),
    sig: r.raw("sig", 64),
  };
}

export function helloTbs(h: Unsigned<Hello>): Bytes {
  const fps = h.dtls_fps.map(utf8).sort(compareBytes);
  return lp(
    utf8("careroom/hello/v1"), u8(h.suite), unb64(h.call_id), unb64(h.device_id), unb64(h.cert_id), unb64(h.eph_kem_pub),
    lp(...fps), unb64(h.nonce), utf8(h.caps), u64(h.at),
  );
}
