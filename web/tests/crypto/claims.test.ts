/** The browser's half of the CRP-1 claims: binding, flips, salamanders, the records key, suites, keys that cannot leave, padding. */
import "fake-indexeddb/auto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { b64, type Bytes, CrpError, lp, newId, random, unb64, ZERO_HASH } from "../../src/crypto/bytes";
import { Directory, rootFingerprint, signed } from "../../src/crypto/certs";
import { openCurves } from "../../src/crypto/curves";
import { createEpoch, openEpoch, verifyEpoch, wrapInfo } from "../../src/crypto/epochs";
import { openKeystore } from "../../src/crypto/keystore";
import { MAX_PADDED, messageKey, open, pad, paddedSize, seal, unpad } from "../../src/crypto/messages";
import { type Epoch, epochTbs, type Message, messageTbs, readCert, readEpoch, readMessage } from "../../src/crypto/records";
import { KeyState, readWire } from "../../src/crypto/state";
import { type KnownKeys, knownDevice } from "./known";

const data = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../../tests/data/crp/python.json", import.meta.url)), "utf8"),
) as { sheet: string; keys: { staff: KnownKeys; patient: KnownKeys }; state: { now: number } };

async function clinic() {
  const [staff, patient] = [await knownDevice("native", data.keys.staff), await knownDevice("native", data.keys.patient)];
  const state = await KeyState.verify(staff.curves, readWire(data.state), data.state.now);
  const epoch = state.wire.epochs[0] ?? expect.fail("no epoch");
  const secret = (await openEpoch(epoch, patient.deviceId, patient.open)) ?? expect.fail("no wrap");
  const author = state.directory.known(patient.deviceId) ?? expect.fail("no author");
  return { staff, patient, state, epoch, secret, author };
}

const body = { t: "text", ts: data.state.now * 1000, text: "hello", refs: [], files: [] };
const SEEN = { seq: 0, hash: ZERO_HASH };
const refusal = async (act: Promise<unknown>): Promise<string> => {
  const error = await act.then(() => expect.fail("this had to be refused"), (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CrpError);
  return (error as CrpError).code;
};
function flip(text: string, bit: number): string {
  const raw = unb64(text);
  const at = bit % (raw.length * 8);
  raw[at >> 3] = (raw[at >> 3] ?? 0) ^ (1 << (at & 7));
  return b64(raw);
}

describe("encoding", () => {
  it("claim_1 keeps different lists apart", () => {
    const part = (...bytes: number[]): Bytes => Uint8Array.from(bytes);
    const lists = [[], [part()], [part(), part()], [part(0)], [part(0, 0)], [part(0), part(0)], [part(0, 0, 0, 0)], [part(0, 0, 0, 1, 7)], [part(), part(7)]];
    expect(new Set(lists.map((parts) => b64(lp(...parts)))).size).toBe(lists.length);
  });

  it("reads canonical base64url only", () => {
    for (const bad of ["A", "AB", "A=", "+A", "AAA/", "AA A", "ÄÄ"]) expect(() => unb64(bad)).toThrow(CrpError);
    for (let size = 0; size < 40; size++) expect(unb64(b64(random(size))).length).toBe(size);
  });
});

describe("binding", () => {
  it("claim_4 a wrap opens under exactly its own info", async () => {
    const { patient, epoch } = await clinic();
    const wrap = epoch.wraps.find((one) => one.to === `dev:${patient.deviceId}`) ?? expect.fail("no wrap");
    const tryOpen = (at: Epoch, to = wrap.to, kid = wrap.kid) => patient.open(unb64(wrap.enc), wrapInfo(at, to, kid));
    expect((await tryOpen(epoch)).length).toBe(32);
    const wrong = [{ ...epoch, id: newId() }, { ...epoch, n: 2 }, { ...epoch, commit: ZERO_HASH }];
    for (const at of wrong) expect(await refusal(tryOpen(at))).toBe("shut");
    expect(await refusal(tryOpen(epoch, "rk:1"))).toBe("shut");
    expect(await refusal(tryOpen(epoch, wrap.to, b64(new Uint8Array(8))))).toBe("shut");
  });

  it("claim_5 any flipped bit of a message is refused", async () => {
    const { patient, epoch, secret, author } = await clinic();
    const message = await seal(patient, epoch, secret, body, SEEN);
    expect((await open(patient.curves, message, epoch, secret, author)).text).toBe("hello");
    for (const name of ["ct", "sig", "commit", "seen_hash", "msg_id"] as const) {
      for (let bit = 0; bit < 2200; bit += 97) {
        await refusal(open(patient.curves, { ...message, [name]: flip(message[name], bit) }, epoch, secret, author));
      }
    }
  });

  it("claim_5 any flipped bit of an epoch is refused", async () => {
    const { state, epoch } = await clinic();
    for (const name of ["prev", "commit", "policy_hash", "log_head", "sig", "id"] as const) {
      for (let bit = 0; bit < 512; bit += 31) {
        await refusal(verifyEpoch({ ...epoch, [name]: flip(epoch[name], bit) }, null, state.directory, state.wire.recordsKey));
      }
    }
    for (const index of epoch.wraps.keys()) {
      const wraps = epoch.wraps.map((wrap, i) => (i === index ? { ...wrap, enc: flip(wrap.enc, 77) } : wrap));
      await refusal(verifyEpoch({ ...epoch, wraps }, null, state.directory, state.wire.recordsKey));
    }
  });

  it("claim_6 a message moved anywhere is refused, even when its author signs it again", async () => {
    const { staff, patient, state, epoch, secret, author } = await clinic();
    const message = await seal(patient, epoch, secret, body, SEEN);
    const resign = async (m: Message, by = patient) => signed<Message>(m, await messageTbs(m), by.sign);
    for (const move of [{ conv_id: newId() }, { n: 2 }, { msg_id: newId() }, { seen_seq: 1 }]) {
      const moved = await resign({ ...message, ...move });
      const there = { ...epoch, id: moved.conv_id, n: moved.n };
      expect(await refusal(open(patient.curves, moved, there, secret, author))).toBe("shut");
    }
    const stolen = await resign({ ...message, device_id: staff.deviceId }, staff);
    const thief = state.directory.known(staff.deviceId) ?? expect.fail("no thief");
    expect(await refusal(open(patient.curves, stolen, epoch, secret, thief))).toBe("shut");
  });

  it("claim_7 two seals of one text share nothing", async () => {
    const { patient, epoch, secret } = await clinic();
    const all = await Promise.all(Array.from({ length: 40 }, () => seal(patient, epoch, secret, body, SEEN)));
    const keys = await Promise.all(all.map((m) => messageKey(m, secret)));
    for (const distinct of [all.map((m) => m.msg_id), keys.map((k) => b64(k.key)), keys.map((k) => b64(k.nonce))]) {
      expect(new Set(distinct).size).toBe(40);
    }
  });

  it("claim_8 a wrap that holds another secret than the epoch says is refused", async () => {
    const { staff, patient, epoch } = await clinic();
    const to = `dev:${patient.deviceId}`;
    const wraps = await Promise.all(epoch.wraps.map(async (wrap) => {
      if (wrap.to !== to) return wrap;
      return { ...wrap, enc: b64(await staff.curves.seal(unb64(patient.dkPub), wrapInfo(epoch, to, wrap.kid), random(32))) };
    }));
    expect(await refusal(openEpoch({ ...epoch, wraps }, patient.deviceId, patient.open))).toBe("commitment");
  });
});

describe("the records key", () => {
  it("claim_9 is a recipient of every epoch, old or new", async () => {
    const { staff, state, epoch } = await clinic();
    const bare = { ...epoch, wraps: epoch.wraps.filter((wrap) => wrap.to !== "rk:1") };
    const resigned = await signed<Epoch>(bare, epochTbs(bare), staff.sign);
    expect(await refusal(verifyEpoch(resigned, null, state.directory, state.wire.recordsKey))).toBe("no-records-key");
    const recipients = new Map([...state.allowed].filter(([to]) => to !== "rk:1"));
    const wish = { convId: newId(), previous: null, previousSecret: null, recipients, recordsKey: state.wire.recordsKey };
    expect(await refusal(createEpoch(staff.curves, staff, wish))).toBe("no-records-key");
  });

  it("claim_9 is signed by the root for this practice, or nothing is read", async () => {
    const { staff } = await clinic();
    const wire = readWire(data.state);
    for (const recordsKey of [{ ...wire.recordsKey, sig: b64(new Uint8Array(64)) }, { ...wire.recordsKey, pub: b64(random(32)) }]) {
      expect(await refusal(KeyState.verify(staff.curves, { ...wire, recordsKey }, data.state.now))).toBe("bad-signature");
    }
    expect(await refusal(KeyState.verify(staff.curves, { ...wire, practiceId: newId() }, data.state.now))).toBe("bad-signature");
  });
});

it("claim_10 an unknown suite is refused, never downgraded", async () => {
  const { patient, epoch, secret, author } = await clinic();
  const message = await seal(patient, epoch, secret, body, SEEN);
  for (const suite of [0, 2, "1", true, null, undefined]) {
    for (const read of [() => readMessage({ ...message, suite }), () => readEpoch({ ...epoch, suite }), () => readCert({ ...author, suite })]) {
      expect(read).toThrow(/suite/);
    }
  }
});

it("claim_19 an expired or revoked device no longer counts", async () => {
  const { staff, patient, state } = await clinic();
  const { wire } = state;
  const lost = wire.revocations[0] ?? expect.fail("no revocation");
  expect(lost.device_id).toBe(patient.deviceId);
  const directory = await Directory.build(staff.curves, wire.practiceId, wire.rootPub, wire.certs, wire.revocations);
  expect(directory.valid(patient.deviceId, lost.at - 1)).toBeDefined();
  expect(directory.valid(patient.deviceId, lost.at)).toBeUndefined();
  expect(directory.staff(staff.deviceId, data.state.now + 91 * 86_400)).toBeUndefined();
  const later = await KeyState.verify(staff.curves, wire, lost.at);
  expect([state.allowed.has(`dev:${patient.deviceId}`), later.allowed.has(`dev:${patient.deviceId}`)]).toEqual([true, false]);
  expect(later.mustRotate).toBe(true);
});

describe("keys of this device", () => {
  afterEach(() => vi.restoreAllMocks());

  it("claim_24 cannot leave: exportKey throws for both, and they survive a restart", async () => {
    const [practice, person] = [newId(), newId()];
    const store = await openKeystore(practice, "patient", { person });
    expect(store.curves.mode).toBe("native");
    await store.put("secret", { text: "remember" });
    store.close();
    const rows = await new Promise<Record<string, unknown>[]>((resolve, reject) => {
      const request = indexedDB.open(`careroom-keys/${practice}/patient/${person}`);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const all = request.result.transaction("kv").objectStore("kv").getAll();
        all.onsuccess = () => resolve(all.result as Record<string, unknown>[]);
      };
    });
    const row = rows.find((one) => "aes" in one) as unknown as { aes: CryptoKey; keys: { ds: CryptoKey; dk: CryptoKeyPair } };
    for (const key of [row.aes, row.keys.ds, row.keys.dk.privateKey]) {
      for (const format of ["raw", "pkcs8", "jwk"] as const) await expect(crypto.subtle.exportKey(format as "jwk", key)).rejects.toThrow();
    }
    expect(JSON.stringify(rows)).not.toContain("remember");
    const again = await openKeystore(practice, "patient", { person });
    expect([again.deviceId, again.dsPub, await again.get("secret")]).toEqual([store.deviceId, store.dsPub, { text: "remember" }]);
  });

  it("fall back to the noble curves when WebCrypto has none, and stay there", async () => {
    const honest = crypto.subtle.generateKey.bind(crypto.subtle);
    vi.spyOn(crypto.subtle, "generateKey").mockImplementation(((algorithm: AlgorithmIdentifier, ...rest: [boolean, KeyUsage[]]) =>
      algorithm === "Ed25519" || algorithm === "X25519"
        ? Promise.reject(new DOMException("unknown algorithm", "NotSupportedError"))
        : honest(algorithm as AesKeyGenParams, ...rest)) as typeof crypto.subtle.generateKey);
    const [practice, person] = [newId(), newId()];
    const store = await openKeystore(practice, "patient", { person });
    expect(store.curves.mode).toBe("noble");
    const message = random(50);
    const sig = await store.sign(message);
    vi.restoreAllMocks();
    const native = await openCurves("native");
    expect(await native.verify(unb64(store.dsPub), sig, message)).toBe(true);
    const again = await openKeystore(practice, "patient", { person });
    expect([again.curves.mode, again.dsPub]).toEqual(["noble", store.dsPub]);
    const info = random(9);
    expect(await again.open(await native.seal(unb64(store.dkPub), info, message), info)).toEqual(message);
  });

  it("two tabs that open together are one device", async () => {
    const [practice, person] = [newId(), newId()];
    const tabs = await Promise.all([1, 2, 3].map(() => openKeystore(practice, "patient", { person })));
    expect(new Set(tabs.map((tab) => tab.deviceId)).size).toBe(1);
    expect(new Set(tabs.map((tab) => tab.dsPub)).size).toBe(1);
  });

  it("trust the first root they see and no other", async () => {
    const store = await openKeystore(newId(), "patient", { person: newId() });
    const root = b64(random(32));
    await store.pinRoot(root);
    await store.pinRoot(root);
    expect(await refusal(store.pinRoot(b64(random(32))))).toBe("root-changed");
  });

  it.each(["native", "noble"] as const)("%s: a key that is no point makes an invalid signature, not an error", async (mode) => {
    const curves = await openCurves(mode);
    expect(await curves.verify(unb64(b64(new Uint8Array(32).fill(0xff))), random(64), random(3))).toBe(false);
  });
});

describe("padding", () => {
  it("claim_26 falls on few buckets and comes back", () => {
    const buckets = new Set(Array.from({ length: MAX_PADDED }, (_, i) => paddedSize(i + 1)));
    expect(buckets.size).toBeLessThan(80);
    for (const size of [0, 1, 251, 252, 253, 4092, 4093, 5000, 65_000]) {
      const raw = random(Math.min(size, 65_000));
      expect(unpad(pad(raw.slice(0, size)))).toEqual(raw.slice(0, size));
    }
    expect(() => pad(new Uint8Array(MAX_PADDED))).toThrow(/too long/);
  });

  it("refuses anything hidden in it", () => {
    const padded = pad(new Uint8Array(10).fill(7));
    for (const [at, value] of [[255, 1], [3, 9], [0, 255], [2, 1]] as const) {
      const bad = padded.slice();
      bad[at] = value;
      expect(() => unpad(bad)).toThrow(CrpError);
    }
    expect(() => unpad(new Uint8Array(0))).toThrow(CrpError);
    expect(() => unpad(new Uint8Array(257))).toThrow(CrpError);
  });
});

it("the root's fingerprint reads as on the printed sheet", async () => {
  const wire = readWire(data.state);
  expect(data.sheet).toContain(`Fingerprint: ${await rootFingerprint(wire.practiceId, wire.rootPub)}\n`);
});
