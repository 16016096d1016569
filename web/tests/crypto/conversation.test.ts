/** Whole conversations between browsers' code and the server's real rules, with native and with noble curves. */
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newId, random } from "../../src/crypto/bytes";
import { Conversation } from "../../src/crypto/conversation";
import { type Keystore, openKeystore } from "../../src/crypto/keystore";
import { tokenHash } from "../../src/crypto/members";
import type { Role } from "../../src/crypto/records";
import { Bridge } from "./bridge";

const FAR = 4_000_000_000;
let bridge: Bridge;
let conv: { id: string; person_id: string; practice_id: string };

beforeEach(async () => {
  bridge = new Bridge();
  conv = (await bridge.ask("keys"))["conversation"] as typeof conv;
});
afterEach(() => bridge.stop());

async function device(role: Role, curves: "native" | "noble", extra: { personId?: string; inviteId?: string; store?: Keystore } = {}) {
  const personId = extra.personId ?? (role === "patient" ? conv.person_id : newId());
  const kind = role === "patient" ? "patient" : "staff";
  const store = extra.store ?? (await openKeystore(conv.practice_id, kind, { curves, person: newId() }));
  const transport = bridge.transport();
  return { chat: new Conversation(conv.id, store, transport, { personId, role, inviteId: extra.inviteId }), transport, store, personId };
}

async function clinician(curves: "native" | "noble") {
  const one = await device("clinician", curves);
  await one.chat.ensureDevice();
  expect(one.chat.keys.blocked).toBe("staff-pending");
  await bridge.ask("sheet-approve");
  await one.chat.load();
  return one;
}

async function invite(chat: Conversation, personId = conv.person_id): Promise<string> {
  return chat.signInvite(personId, await tokenHash(random(32)), FAR);
}

const texts = (chat: Conversation): (string | null)[] => chat.lines.map((line) => line.body?.text ?? line.fault);

describe.each([["native", "native"], ["noble", "noble"], ["native", "noble"]] as const)("staff %s, patient %s", (a, b) => {
  it("speaks both ways, and the practice's sheet opens the record", async () => {
    const staff = await clinician(a);
    const patient = await device("patient", b, { inviteId: await invite(staff.chat) });
    await patient.chat.load();
    expect(patient.chat.keys).toEqual({ noStaffDevice: false, deviceUnverified: true, blocked: null });
    await patient.chat.send("Good morning");
    await staff.chat.load();
    await staff.chat.send("I am with you in five minutes");
    await patient.chat.load();
    expect(texts(patient.chat)).toEqual(["Good morning", "I am with you in five minutes"]);
    expect(texts(staff.chat)).toEqual(texts(patient.chat));
    expect(staff.chat.lines.map((line) => line.verified)).toEqual([false, true]);
    const record = await bridge.ask("sheet-export");
    expect(record["faults"]).toEqual([]);
    expect(record["texts"]).toEqual(["Good morning", "I am with you in five minutes"]);
  });
});

describe("a patient's second phone", () => {
  it("claim_15 reads nothing from before it, until staff vouch for it (claim_16)", async () => {
    const staff = await clinician("native");
    const first = await device("patient", "native", { inviteId: await invite(staff.chat) });
    await first.chat.load();
    await first.chat.send("one");
    await staff.chat.load();
    await staff.chat.send("two");
    const second = await device("patient", "native", { inviteId: await invite(staff.chat) });
    await second.chat.load();
    expect(texts(second.chat)).toEqual(["no-key", "no-key"]);
    await second.chat.send("three");
    expect(texts(second.chat)).toEqual(["no-key", "no-key", "three"]);
    await staff.chat.load();
    expect(texts(staff.chat)).toEqual(["one", "two", "three"]);
    expect(staff.chat.state?.changes().map((change) => change.added)).toContainEqual([second.store.deviceId]);
    expect(staff.chat.state?.epoch?.hist).toBeUndefined();

    await staff.chat.vouch(second.store.deviceId, "video_sas");
    await second.chat.load();
    expect(texts(second.chat)).toEqual(["one", "two", "three"]);
    expect(second.chat.keys.deviceUnverified).toBe(false);
    expect(staff.chat.state?.log.grants.length).toBe(1);
  });

  it("claim_20 is refused on an invite that another phone has used", async () => {
    const staff = await clinician("native");
    const inviteId = await invite(staff.chat);
    const first = await device("patient", "native", { inviteId });
    await first.chat.load();
    const thief = await device("patient", "native", { inviteId });
    await thief.chat.load();
    expect(thief.chat.keys.blocked).toBe("not-admitted");
    await expect(thief.chat.send("it is me")).rejects.toMatchObject({ code: "not-admitted" });
    await first.chat.send("really me");
  });
});

describe("staff come and go", () => {
  it("a new staff device that writes first leaves no hist, and a colleague's message still reaches all", async () => {
    const staff = await clinician("native");
    const patient = await device("patient", "native", { inviteId: await invite(staff.chat) });
    await patient.chat.load();
    await patient.chat.send("one");
    const colleague = await clinician("native");
    expect(texts(colleague.chat)).toEqual(["no-key"]);
    await staff.chat.load();
    await staff.chat.send("two");
    await colleague.chat.load();
    expect(texts(colleague.chat)).toEqual(["one", "two"]);
    const newcomer = await clinician("native");
    await newcomer.chat.send("three");
    expect(texts(newcomer.chat)).toEqual(["no-key", "no-key", "three"]);
    await patient.chat.load();
    expect(texts(patient.chat)).toEqual(["one", "two", "three"]);
  });
});

describe("the way to the server", () => {
  it("claim_14 a message whose answer was lost is sent again and stands once", async () => {
    const staff = await clinician("native");
    const patient = await device("patient", "native", { inviteId: await invite(staff.chat) });
    await patient.chat.load();
    patient.transport.lose = true;
    await expect(patient.chat.send("hello")).rejects.toThrow("network lost");
    expect(patient.chat.lines.map((line) => line.seq)).toEqual([0]);
    await bridge.ask("rotate"); // the epoch moves on before the resend: the server must know the message first
    const restarted = await device("patient", "native", { store: patient.store });
    await restarted.chat.load();
    expect(texts(restarted.chat)).toEqual(["hello"]);
    expect(restarted.chat.lines.map((line) => line.seq)).toEqual([1]);
    await staff.chat.load();
    expect(texts(staff.chat)).toEqual(["hello"]);
  });

  it("a message sealed in an epoch that moved on is sealed again with another id", async () => {
    const staff = await clinician("native");
    const patient = await device("patient", "native", { inviteId: await invite(staff.chat) });
    await patient.chat.load();
    await patient.chat.send("one");
    await staff.chat.load();
    await bridge.ask("rotate"); // staff do not know yet
    await staff.chat.send("two");
    await patient.chat.load();
    expect(texts(patient.chat)).toEqual(["one", "two"]);
    expect(patient.chat.state?.epoch?.n).toBe(2);
    expect(staff.transport.posted).toBe(2);
  });

  it("claim_12 devices that all make the epoch at once all get their message through, once", async () => {
    const staff = await clinician("native");
    const inviteId = await invite(staff.chat);
    const patient = await device("patient", "native", { inviteId });
    await patient.chat.load();
    const others = await Promise.all(Array.from({ length: 4 }, () => device("clinician", "native")));
    for (const one of others) await one.chat.ensureDevice();
    await bridge.ask("sheet-approve");
    const all = [staff, patient, ...others];
    await Promise.all(all.map((one) => one.chat.load()));
    await Promise.all(all.map((one, i) => one.chat.send(`from ${i}`)));
    await staff.chat.load();
    expect(texts(staff.chat).sort()).toEqual(all.map((_, i) => `from ${i}`));
    expect((await bridge.ask("sheet-export"))["faults"]).toEqual([]);
  });
});

describe("a server that cheats", () => {
  it("claim_21 is caught when it changes the order of what a device has seen", async () => {
    const staff = await clinician("native");
    await staff.chat.open();
    await staff.chat.send("one");
    await staff.chat.send("two");
    await bridge.ask("swap");
    const again = await device("clinician", "native", { store: staff.store, personId: staff.personId });
    await expect(again.chat.load()).rejects.toMatchObject({ code: "rolled-back" });
    expect(again.chat.keys.blocked).toBe("rolled-back");
  });

  it("is caught when it shows another root", async () => {
    const staff = await clinician("native");
    const other = new Bridge();
    const practice = (await other.ask("keys"))["practice"];
    other.stop();
    const honest = staff.transport.keys;
    staff.transport.keys = async () => ({ ...((await honest()) as object), practice }) as never;
    await expect(staff.chat.load()).rejects.toMatchObject({ code: "root-changed" });
    expect(staff.chat.keys.blocked).toBe("root-changed");
  });
});

describe("a call", () => {
  it("claim_40's ground: fingerprints are proven for members, for this call, and for nobody else", async () => {
    const staff = await clinician("native");
    const patient = await device("patient", "noble", { inviteId: await invite(staff.chat) });
    await patient.chat.load();
    const [callId, fps] = [newId(), ["sha-256 AB:CD:EF"]];
    const hello = (await patient.chat.sign(callId, fps)) as Record<string, unknown>;
    expect(await staff.chat.verify(callId, hello)).toEqual({ fingerprints: fps, ephKemPub: hello["eph_kem_pub"] });
    expect(await staff.chat.verify(newId(), hello)).toBeNull();
    expect(await staff.chat.verify(callId, { ...hello, dtls_fps: ["sha-256 AB:CD:EE"] })).toBeNull();
    const stranger = await device("patient", "native");
    await stranger.chat.load();
    expect(await stranger.chat.sign(callId, fps)).toBeNull();
    expect(await staff.chat.verify(callId, { ...hello, device_id: stranger.store.deviceId })).toBeNull();
  });
});
