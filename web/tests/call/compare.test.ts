/** Claim 40: the pictures are equal for honest people, differ with somebody in between, and cannot be guessed into being equal. */
import { createHash, hkdfSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { b64, type Bytes, lp, newId, random, unb64, utf8 } from "../../src/crypto/bytes";
import { selfSign } from "../../src/crypto/certs";
import { makeHello, verifyHello } from "../../src/crypto/hello";
import { helloTbs, type Hello } from "../../src/crypto/records";
import { commitmentTo, picturesOf } from "../../src/crypto/sas";
import { Comparison } from "../../src/call/compare";
import { parseFrame, newSid, type CompareFrame, type CompareStep } from "../../src/call/frames";
import type { CallIdentity } from "../../src/call/security";
import { PICTURES } from "../../src/call/pictures";
import ar from "../../src/messages/compare.ar";
import en from "../../src/messages/compare.en";
import es from "../../src/messages/compare.es";
import { knownDevice } from "../crypto/known";

const CALL = newId();
const ROOT = b64(random(32));
const NOW = 1_800_000_000;

/** A device with real keys, whose hellos the others can check. */
async function device(fingerprint: string) {
  const keys = await knownDevice("native", { device_id: newId(), ds: b64(random(32)), dk: b64(random(32)) });
  const cert = await selfSign(keys, { practiceId: newId(), personId: newId(), role: "patient", now: NOW });
  const hello = (): Promise<Hello> => makeHello(keys, cert, { callId: CALL, fingerprints: [fingerprint], ephKemPub: keys.dkPub, now: NOW });
  const check = async (data: unknown): Promise<string[]> => {
    await verifyHello(keys.curves, data as Hello, cert, CALL);
    return (data as Hello).dtls_fps;
  };
  return { hello, check, fingerprint };
}

type Device = Awaited<ReturnType<typeof device>>;

function identity(own: Device, other: Device): CallIdentity {
  return {
    sign: () => own.hello(),
    verify: (_call, hello) => other.check(hello).then((fingerprints) => ({ fingerprints, ephKemPub: "" }), () => null),
    commitment: commitmentTo,
    pictures: (call, initiator, responder) => picturesOf(call, ROOT, initiator, responder),
  };
}

interface End {
  comparison: Comparison;
  /** Steps this end said, in order; each is taken as a frame off the wire. */
  said: CompareStep[];
}

function end(initiator: boolean, own: Device, other: Device, live = other.fingerprint): End {
  const said: CompareStep[] = [];
  const comparison = new Comparison({
    callId: CALL, initiator, identity: () => identity(own, other), ownFingerprints: async () => [own.fingerprint],
    covers: async (signed) => signed.includes(live), say: (step) => said.push(step),
  });
  return { comparison, said };
}

const frame = (step: CompareStep): CompareFrame => {
  const read = parseFrame(JSON.parse(JSON.stringify({ kind: "compare", sid: newSid(), to: newSid(), ...step })));
  if (read?.kind !== "compare") throw new Error("a step that does not survive the wire");
  return read;
};

/** Carry everything both sides say until nobody says anything more; `tamper` sits on the wire. */
async function carry(a: End, b: End, tamper: (step: CompareStep) => CompareStep = (step) => step): Promise<void> {
  while (a.said.length + b.said.length > 0) {
    for (const step of a.said.splice(0)) await b.comparison.heard(frame(tamper(step)));
    for (const step of b.said.splice(0)) await a.comparison.heard(frame(tamper(step)));
  }
}

const seen = ({ comparison }: End): readonly number[] => {
  const state = comparison.state.value;
  return state.is === "shown" ? state.pictures : expect.fail(`nothing is shown: ${state.is}`);
};

describe("claim_40 four pictures", () => {
  it.each([true, false])("are equal for honest people, whoever asks (initiator: %s)", async (byInitiator) => {
    const [provider, patient] = [await device("sha-256 AA:01"), await device("sha-256 BB:01")];
    const [a, b] = [end(true, provider, patient), end(false, patient, provider)];
    await (byInitiator ? a : b).comparison.start();
    await carry(a, b);
    expect(seen(a)).toEqual(seen(b));
    expect(seen(a)).toHaveLength(4);
    a.comparison.agree();
    expect(a.comparison.state.value.is).toBe("agreed");
  });

  it("are new in every comparison", async () => {
    const [provider, patient] = [await device("sha-256 AA:01"), await device("sha-256 BB:01")];
    const [a, b] = [end(true, provider, patient), end(false, patient, provider)];
    const shown = new Set<string>();
    for (let i = 0; i < 8; i++) {
      await a.comparison.start();
      await carry(a, b);
      shown.add(seen(a).join());
    }
    expect(shown.size).toBe(8);
  });

  it("differ when somebody in between speaks with each", async () => {
    const [provider, patient] = [await device("sha-256 AA:01"), await device("sha-256 BB:01")];
    // Mallory's devices were let in by a lying server: their signatures hold, and her certificates are the live ones.
    const [asPatient, asProvider] = [await device("sha-256 CC:01"), await device("sha-256 DD:01")];
    for (let i = 0; i < 50; i++) {
      const [a, m1] = [end(true, provider, asPatient), end(false, asPatient, provider)];
      const [m2, b] = [end(true, asProvider, patient), end(false, patient, asProvider)];
      await a.comparison.start();
      await m2.comparison.start();
      await carry(a, m1);
      await carry(m2, b);
      expect(seen(a)).not.toEqual(seen(b));
    }
  });

  it("are not shown when the reveal does not match the commitment", async () => {
    const [provider, patient] = [await device("sha-256 AA:01"), await device("sha-256 BB:01")];
    const [a, b] = [end(true, provider, patient), end(false, patient, provider)];
    const other = await provider.hello(); // as good as the promised one, and signed by the right device
    await a.comparison.start();
    await carry(a, b, (step) => (step.step === "reveal" ? { step: "reveal", hello: other } : step));
    expect(b.comparison.state.value.is).toBe("broken");
    expect(a.comparison.state.value.is).toBe("broken"); // told, and what it showed is taken back
  });

  it("need keys and certificates that fit the connection", async () => {
    const [provider, patient, stranger] = [await device("sha-256 AA:01"), await device("sha-256 BB:01"), await device("sha-256 EE:01")];
    for (const [a, b] of [
      [end(true, provider, patient, "sha-256 FF:01"), end(false, patient, provider)],
      [end(true, provider, patient), end(false, patient, provider, "sha-256 FF:01")],
      [end(true, provider, stranger), end(false, patient, provider)],
    ] as const) {
      await a.comparison.start();
      await carry(a, b);
      expect([a.comparison.state.value.is, b.comparison.state.value.is]).toEqual(["unproven", "unproven"]);
    }
  });

  it("one commitment takes one answer", async () => {
    const [provider, patient] = [await device("sha-256 AA:01"), await device("sha-256 BB:01")];
    const a = end(true, provider, patient);
    await a.comparison.start();
    await a.comparison.heard(frame({ step: "hello", hello: await patient.hello() }));
    const first = seen(a);
    await a.comparison.heard(frame({ step: "hello", hello: await patient.hello() }));
    expect(seen(a)).toEqual(first);
  });

  it("cannot be ground: 64 tries at one picture win as often as one", async () => {
    const [initiator, responder] = [await (await device("sha-256 AA:01")).hello(), await (await device("sha-256 BB:01")).hello()];
    const fresh = (hello: Hello): Hello => ({ ...hello, nonce: b64(random(32)) });
    const first = async (i: Hello, r: Hello): Promise<number> => (await picturesOf(CALL, ROOT, i, r))[0] ?? -1;
    let [bound, free] = [0, 0];
    const trials = 128;
    for (let trial = 0; trial < trials; trial++) {
      const wanted = Math.floor(Math.random() * 64); // what the other leg shows
      const unseen = fresh(initiator);
      // Bound: the answer must be given before the initiator's hello is seen; the best of many is no better than any.
      if ((await first(unseen, fresh(responder))) === wanted) bound++;
      // Free: without the commitment she would see it first and try until it fits.
      for (let tries = 0; tries < 64; tries++) {
        if ((await first(unseen, fresh(responder))) === wanted) {
          free++;
          break;
        }
      }
    }
    expect(bound).toBeLessThan(trials / 10); // expected 1/64; one in ten would be eight standard deviations away
    expect(free).toBeGreaterThan(trials / 3); // the control: expected 63 of 100
  }, 30_000);
});

it("the pictures are the bits of docs/crp-1.md, worked out by another library", async () => {
  const [one, two] = [await (await device("sha-256 AA:01")).hello(), await (await device("sha-256 BB:01")).hello()];
  const bytes = (hello: Hello): Bytes => lp(helloTbs(hello), unb64(hello.sig));
  const hash = (raw: Bytes): Buffer => createHash("sha256").update(raw).digest();
  const info = lp(utf8("careroom/sas/v1"), unb64(CALL), unb64(ROOT));
  const raw = Buffer.from(hkdfSync("sha256", Buffer.concat([hash(bytes(one)), hash(bytes(two))]), Buffer.alloc(0), info, 3));
  const bits = raw.readUIntBE(0, 3);
  expect(await picturesOf(CALL, ROOT, one, two)).toEqual([bits >>> 18, (bits >>> 12) & 63, (bits >>> 6) & 63, bits & 63]);
  const commit = hash(lp(utf8("careroom/sas-commit/v1"), bytes(one)));
  expect(await commitmentTo(one)).toBe(b64(new Uint8Array(commit)));
});

it("64 pictures, each with a word of its own in every language", () => {
  expect(new Set(PICTURES).size).toBe(64);
  for (const { pictures } of [en, es, ar]) {
    expect(pictures).toHaveLength(64);
    expect(new Set(pictures.map((word) => word.toLowerCase())).size).toBe(64);
  }
});
