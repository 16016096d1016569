/** Epochs: a conversation's secret, sealed to everybody allowed and to nobody else (docs/crp-1.md 3). */
import { aesOpen, aesSeal, type Bytes, b64, CrpError, keyAndNonce, kidOf, lp, random, sha256, u64, unb64, utf8, ZERO_HASH } from "./bytes";
import { type Directory, type Identity, signed, verifySig } from "./certs";
import type { Curves } from "./curves";
import type { Recipient } from "./members";
import { type Cert, type Epoch, epochHash, epochTbs, policyHash, type RecordsKey, type Unsigned, type Wrap } from "./records";

type Place = Pick<Epoch, "kind" | "id" | "n">;
/** Opens a box sealed to this device. */
export type Open = (sealed: Bytes, info: Bytes) => Promise<Bytes>;

export async function epochCommit(at: Place, secret: Bytes): Promise<string> {
  return b64(await sha256(lp(utf8("careroom/epoch-commit/v1"), utf8(at.kind), unb64(at.id), u64(at.n), secret)));
}

export function wrapInfo(at: Place & { commit: string }, to: string, kid: string): Bytes {
  return lp(utf8("careroom/wrap/v1"), utf8(at.kind), unb64(at.id), u64(at.n), unb64(at.commit), utf8(to), unb64(kid));
}

function histBox(at: Place & { commit: string; prev: string }, secret: Bytes): Promise<{ key: Bytes; nonce: Bytes; aad: Bytes }> {
  const context = [utf8(at.kind), unb64(at.id), u64(at.n), unb64(at.commit)];
  const aad = lp(utf8("careroom/hist-aad/v1"), ...context, unb64(at.prev));
  return keyAndNonce(secret, lp(utf8("careroom/hist/v1"), ...context)).then((box) => ({ ...box, aad }));
}

/** Whether the rule asks for `hist`: the author had the older secret, and no unverified device is new. */
export function wantsHistory(by: string, wraps: Pick<Wrap, "to">[], previous: Epoch | null, directory: Directory, now: number): boolean {
  const before = new Set(previous?.wraps.map((wrap) => wrap.to));
  const devices = wraps.map((wrap) => wrap.to).filter((to) => to.startsWith("dev:"));
  return before.has(`dev:${by}`) && devices.every((to) => before.has(to) || directory.certified(to.slice(4), now) !== undefined);
}

export interface EpochWish {
  convId: string;
  previous: Epoch | null;
  /** s_(n-1), when the rule asks for history. */
  previousSecret: Bytes | null;
  recipients: Map<string, Recipient>;
  recordsKey: RecordsKey;
}

/** A new epoch and its secret. Throws when the records key is not among the recipients: nobody may write around it. */
export async function createEpoch(curves: Curves, by: Identity, wish: EpochWish): Promise<{ epoch: Epoch; secret: Bytes }> {
  const { previous, recipients } = wish;
  const records = recipients.get(`rk:${wish.recordsKey.n}`);
  if (!records || records.pub !== wish.recordsKey.pub) throw new CrpError("no-records-key", "the records key must be a recipient");
  const secret = random(32);
  const at = { kind: "conv", id: wish.convId, n: (previous?.n ?? 0) + 1 } as const;
  const place = { ...at, prev: previous ? await epochHash(previous) : ZERO_HASH, commit: await epochCommit(at, secret) };
  const wraps: Wrap[] = [];
  for (const { to, kid, pub } of recipients.values()) {
    wraps.push({ to, kid, enc: b64(await curves.seal(unb64(pub), wrapInfo(place, to, kid), secret)) });
  }
  let hist: string | undefined;
  if (wish.previousSecret) {
    const box = await histBox(place, secret);
    hist = b64(await aesSeal(box.key, box.nonce, box.aad, wish.previousSecret));
  }
  const record: Unsigned<Epoch> = {
    suite: 1, ...place, policy_hash: await policyHash(), log_head: ZERO_HASH, by: by.deviceId, wraps, ...(hist ? { hist } : {}),
  };
  return { epoch: await signed<Epoch>(record, epochTbs(record), by.sign), secret };
}

/** Chain, author, signature, policy and the records key: what must hold for every epoch, old or new. Throws CrpError. */
export async function verifyEpoch(epoch: Epoch, previous: Epoch | null, directory: Directory, key: RecordsKey): Promise<void> {
  const fail = (code: string, why: string): CrpError => new CrpError(code, `epoch ${epoch.n}: ${why}`);
  const follows = previous
    ? epoch.id === previous.id && epoch.n === previous.n + 1 && epoch.prev === (await epochHash(previous))
    : epoch.n === 1 && epoch.prev === ZERO_HASH && epoch.hist === undefined;
  if (!follows) throw fail("broken-chain", "it does not follow the one before");
  if (epoch.policy_hash !== (await policyHash()) || epoch.log_head !== ZERO_HASH) throw fail("unknown-policy", "unknown policy");
  const records = epoch.wraps.find((wrap) => wrap.to === `rk:${key.n}`);
  if (!records || records.kid !== (await kidOf(key.pub))) throw fail("no-records-key", "the records key is not a recipient");
  const author = directory.known(epoch.by);
  if (!author || !epoch.wraps.some((wrap) => wrap.to === `dev:${epoch.by}`)) throw fail("bad-author", "the author is no member");
  await verifySig(directory.curves, author.ds_pub, epoch.sig, epochTbs(epoch), "epoch");
}

/** Whether the epoch is sealed to exactly these recipients. */
export function sealedTo(epoch: Epoch, allowed: Map<string, Recipient>): boolean {
  return epoch.wraps.length === allowed.size && epoch.wraps.every((wrap) => allowed.get(wrap.to)?.kid === wrap.kid);
}

async function checked(epoch: Epoch, secret: Bytes): Promise<Bytes> {
  if ((await epochCommit(epoch, secret)) !== epoch.commit) {
    throw new CrpError("commitment", `epoch ${epoch.n}: the box holds another secret than the epoch says`);
  }
  return secret;
}

/** The secret through this device's own wrap; null when there is none. Throws CrpError on a bad one. */
export async function openEpoch(epoch: Epoch, deviceId: string, open: Open): Promise<Bytes | null> {
  const wrap = epoch.wraps.find((one) => one.to === `dev:${deviceId}`);
  if (!wrap) return null;
  return checked(epoch, await open(unb64(wrap.enc), wrapInfo(epoch, wrap.to, wrap.kid)));
}

/** The secret of `older` through the `hist` of the epoch after it; null when that carries none. */
export async function openHistory(older: Epoch, newer: Epoch, newerSecret: Bytes): Promise<Bytes | null> {
  if (newer.hist === undefined) return null;
  const box = await histBox(newer, newerSecret);
  return checked(older, await aesOpen(box.key, box.nonce, box.aad, unb64(newer.hist)));
}

function grantInfo(epoch: Epoch, deviceId: string, kid: string): Bytes {
  const to = utf8(`dev:${deviceId}`);
  return lp(utf8("careroom/grant/v1"), unb64(epoch.id), u64(epoch.n), unb64(epoch.commit), to, unb64(kid));
}

/** An older epoch's secret for one device: the subject of a `grant` entry. */
export async function sealGrant(curves: Curves, epoch: Epoch, secret: Bytes, cert: Cert) {
  const kid = await kidOf(cert.dk_pub);
  const enc = b64(await curves.seal(unb64(cert.dk_pub), grantInfo(epoch, cert.device_id, kid), secret));
  return { type: "grant", device_id: cert.device_id, n: epoch.n, kid, enc } as const;
}

export async function openGrant(epoch: Epoch, grant: { device_id: string; kid: string; enc: string }, open: Open): Promise<Bytes> {
  return checked(epoch, await open(unb64(grant.enc), grantInfo(epoch, grant.device_id, grant.kid)));
}
