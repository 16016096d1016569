/** Claim 3: the browser opens what Python sealed, and writes what Python opens (tests/data/crp/README.md). */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { b64, concat, hkdf, newId, random, unb64, ZERO_HASH } from "../../src/crypto/bytes";
import { deviceFingerprint, type Identity, issue, isFromRoot, selfSign, signed, STAFF_LIFE } from "../../src/crypto/certs";
import { createEpoch, epochCommit, openEpoch, openGrant, openHistory, sealGrant } from "../../src/crypto/epochs";
import { makeHello } from "../../src/crypto/hello";
import { invitation, makeClaim, opening, signEntry, tokenHash } from "../../src/crypto/members";
import { messageKey, open, seal, type Seen } from "../../src/crypto/messages";
import {
  type Cert, certTbs, chainHash, claimTbs, entryTbs, epochTbs, helloTbs, type Hello, type Message, messageHash, messageTbs, readHello,
  readMessage, recordsKeyTbs, revocationTbs, type Unsigned,
} from "../../src/crypto/records";
import { KeyState, readWire } from "../../src/crypto/state";
import { type KnownKeys, knownDevice } from "./known";

interface Vectors {
  sheet: string;
  keys: Record<string, KnownKeys>;
  state: Record<string, unknown> & { now: number };
  messages: (Message & { seq: number; received_at: number })[];
  secrets: Record<string, string>;
  texts: string[];
  hello: Hello;
  signed: Record<string, unknown>;
}

const file = (name: string): string => fileURLToPath(new URL(`../../../tests/data/crp/${name}`, import.meta.url));
const load = (name: string): Vectors => JSON.parse(readFileSync(file(name), "utf8")) as Vectors;
const known = (data: Vectors, name: string): KnownKeys => data.keys[name] ?? expect.fail(`no keys of ${name}`);

async function signedBytes(data: Omit<Vectors, "signed">): Promise<Record<string, unknown>> {
  const wire = readWire(data.state);
  const messages = data.messages.map(readMessage);
  const secret = (n: number) => unb64(data.secrets[String(n)] ?? "");
  const keyOf = async (m: Message) => {
    const { key, nonce } = await messageKey(m, secret(m.n));
    return b64(concat(key, nonce));
  };
  return {
    records_key: b64(recordsKeyTbs(wire.recordsKey, wire.practiceId)),
    certs: wire.certs.map((cert) => b64(certTbs(cert))),
    device_fingerprints: await Promise.all(wire.certs.map((cert) => deviceFingerprint(cert.ds_pub))),
    members: wire.members.map((entry) => b64(entryTbs(entry))),
    claims: wire.claims.map((claim) => b64(claimTbs(claim))),
    revocations: wire.revocations.map((end) => b64(revocationTbs(end))),
    epochs: wire.epochs.map((epoch) => b64(epochTbs(epoch))),
    commits: await Promise.all(wire.epochs.map((epoch) => epochCommit(epoch, secret(epoch.n)))),
    messages: await Promise.all(messages.map(async (m) => b64(await messageTbs(m)))),
    message_hashes: await Promise.all(messages.map(async (m) => b64(await messageHash(m)))),
    message_keys: await Promise.all(messages.map(keyOf)),
    hello: b64(helloTbs(readHello(data.hello))),
  };
}

/** A whole conversation written by this side; the practice root and device keys come from Python's file. */
async function makeVectors(python: Vectors, root: Identity): Promise<Vectors> {
  const [staff, patient] = [await knownDevice("noble", known(python, "staff")), await knownDevice("native", known(python, "patient"))];
  const phone = await knownDevice("native", known(python, "phone"));
  const { practice } = python.state as { practice?: unknown };
  const now = python.state.now;
  const wire = { ...readWire(python.state), convId: newId(), personId: newId(), claims: [], members: [], epochs: [], revocations: [], certs: [] as Cert[] };
  const request = await selfSign(staff, { practiceId: wire.practiceId, personId: newId(), role: "clinician", now });
  const approved: Unsigned<Cert> = { ...request, cert_id: newId(), not_after: now + STAFF_LIFE, assurance: "practice", issuer_device_id: root.deviceId };
  wire.certs.push(await signed<Cert>(approved, certTbs(approved), root.sign));
  const json = (): Record<string, unknown> & { now: number } => ({
    now, conversation: { id: wire.convId, person_id: wire.personId, practice_id: wire.practiceId }, practice, devices: wire.certs,
    members, claims, revocations: [], epoch: epochs.at(-1) ?? null, epochs, must_rotate: false, head,
  });
  const [members, claims, epochs]: [unknown[], unknown[], Awaited<ReturnType<typeof createEpoch>>["epoch"][]] = [[], [], []];
  let head: Seen = { seq: 0, hash: ZERO_HASH };
  const state = () => KeyState.verify(staff.curves, readWire(json()), now);
  members.push(await signEntry(staff, (await state()).log, { op: "policy", subject: opening(wire.practiceId, wire.personId), now }));
  const join = async (device: Identity) => {
    const invite = await invitation(wire.personId, await tokenHash(random(16)), now + 60);
    members.push(await signEntry(staff, (await state()).log, { op: "add", subject: invite, now }));
    const cert = await selfSign(device, { practiceId: wire.practiceId, personId: wire.personId, role: "patient", now });
    claims.push(await makeClaim(device, cert, wire.convId, invite.invite_id, now));
    wire.certs.push(cert);
    return cert;
  };
  const rotate = async (by: typeof staff, previousSecret: Uint8Array<ArrayBuffer> | null) => {
    const at = await state();
    const wish = { convId: wire.convId, previous: at.epoch, previousSecret, recipients: new Map(at.allowed), recordsKey: wire.recordsKey };
    const made = await createEpoch(by.curves, by, wish);
    epochs.push(made.epoch);
    return made;
  };
  await join(patient);
  const first = await rotate(patient, null);
  const texts = ["Guten Tag", "Bis gleich 👋 ".repeat(500)];
  const messages: Vectors["messages"] = [];
  for (const [index, by] of [patient, staff].entries()) {
    const body = { t: "text", ts: now * 1000, text: texts[index] ?? "", refs: [], files: [] };
    const m = await seal(by, first.epoch, first.secret, body, head);
    messages.push({ ...m, seq: index + 1, received_at: now });
    head = { seq: index + 1, hash: await chainHash(head.hash, m) };
  }
  const vouched = await issue(staff, await join(phone), "video_sas", now + 1);
  wire.certs.push(vouched);
  members.push(await signEntry(staff, (await state()).log, { op: "grant", subject: await sealGrant(staff.curves, first.epoch, first.secret, vouched), now }));
  const second = await rotate(staff, first.secret);
  const cert = wire.certs[0] ?? expect.fail("no certificate");
  const hello = await makeHello(staff, cert, { callId: newId(), fingerprints: ["sha-256 AB:CD", "sha-256 01:23"], ephKemPub: staff.dkPub, now });
  return {
    sheet: python.sheet, keys: python.keys, state: json(), messages, texts, hello, signed: {},
    secrets: { 1: b64(first.secret), 2: b64(second.secret) },
  };
}

/** The root's seed from the sheet, to sign as the practice would offline. */
async function rootOf(sheet: string): Promise<Identity> {
  const letters = (/^Root: (.*)$/m.exec(sheet)?.[1] ?? "").replaceAll(" ", "");
  let [bits, text] = ["", letters];
  for (const letter of text) bits += "0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(letter).toString(2).padStart(5, "0");
  const seed = Uint8Array.from({ length: 32 }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8), 2));
  return knownDevice("noble", { device_id: b64(new Uint8Array(16)), ds: b64(seed), dk: b64(seed) });
}

const python = load("python.json");
if (process.env["CAREROOM_WRITE_VECTORS"]) {
  const made = await makeVectors(python, await rootOf(python.sheet));
  made.signed = await signedBytes(made);
  writeFileSync(file("browser.json"), `${JSON.stringify(made, null, 1)}\n`);
}

describe.each(["python.json", "browser.json"])("claim_3 %s", (name) => {
  const data = load(name);

  it("has the bytes this code makes", async () => {
    expect(await signedBytes(data)).toEqual(data.signed);
  });

  it.each(["native", "noble"] as const)("verifies and opens with %s curves", async (mode) => {
    const wire = readWire(data.state);
    const [staff, phone] = [await knownDevice(mode, known(data, "staff")), await knownDevice(mode, known(data, "phone"))];
    const state = await KeyState.verify(staff.curves, wire, data.state.now);
    expect(state.directory.refused).toEqual([]);
    const [first, second] = [wire.epochs[0] ?? expect.fail("no epoch"), wire.epochs[1] ?? expect.fail("no second epoch")];
    const secret = (await openEpoch(first, staff.deviceId, staff.open)) ?? expect.fail("no wrap");
    expect(b64(secret)).toBe(data.secrets["1"]);
    const newer = (await openEpoch(second, phone.deviceId, phone.open)) ?? expect.fail("no wrap");
    expect(await openEpoch(first, phone.deviceId, phone.open)).toBeNull();
    expect(b64((await openHistory(first, second, newer)) ?? expect.fail("no history"))).toBe(data.secrets["1"]);
    const grant = state.log.grants[0] ?? expect.fail("no grant");
    expect(b64(await openGrant(first, grant, phone.open))).toBe(data.secrets["1"]);
    const texts = [];
    for (const m of data.messages.map(readMessage)) {
      const author = state.directory.known(m.device_id) ?? expect.fail("no author");
      texts.push((await open(staff.curves, m, first, secret, author)).text);
    }
    expect(texts).toEqual(data.texts);
  });

  it("ends at the head the state shows", async () => {
    let hash = ZERO_HASH;
    for (const m of data.messages.map(readMessage)) hash = await chainHash(hash, m);
    expect(readWire(data.state).head).toEqual({ seq: data.messages.length, hash });
  });
});

describe("claim_2 RFC 9180", () => {
  const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const rfc = JSON.parse(readFileSync(file("rfc9180.json"), "utf8")) as Record<string, string> & { encryptions: Record<"aad" | "ct" | "pt", string>[] };

  it("opens the published ciphertexts with both implementations' suites", async () => {
    const core = await import("@hpke/core");
    const plain = await import("@hpke/dhkem-x25519");
    for (const kem of [new core.DhkemX25519HkdfSha256(), new plain.DhkemX25519HkdfSha256()]) {
      const suite = new core.CipherSuite({ kem, kdf: new core.HkdfSha256(), aead: new core.Aes256Gcm() });
      const recipientKey = await suite.kem.deserializePrivateKey(hex(rfc["skRm"] ?? ""));
      const context = await suite.createRecipientContext({ recipientKey, enc: hex(rfc["enc"] ?? ""), info: hex(rfc["info"] ?? "") });
      for (const one of rfc.encryptions) expect(new Uint8Array(await context.open(hex(one.ct), hex(one.aad)))).toEqual(hex(one.pt));
    }
  });

  it("HKDF gives the first case of RFC 5869 with an empty salt", async () => {
    const okm = await hkdf(new Uint8Array(22).fill(0x0b), new Uint8Array(0), 42);
    expect(okm).toEqual(hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"));
  });
});

it("the root and its certificates are from one sheet", async () => {
  const root = await rootOf(python.sheet);
  expect(readWire(python.state).rootPub).toBe(root.dsPub);
  expect(readWire(python.state).certs.filter(isFromRoot).length).toBeGreaterThan(0);
});
