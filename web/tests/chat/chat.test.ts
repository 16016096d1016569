/** Chat over the real routes' rules: a text is either kept on this device or still where it was written, and it stands once. */
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Chat } from "../../src/chat/chat";
import type { HttpTransport } from "../../src/chat/transport";
import { newId, random } from "../../src/crypto/bytes";
import { Conversation } from "../../src/crypto/conversation";
import { openKeystore } from "../../src/crypto/keystore";
import { tokenHash } from "../../src/crypto/members";
import { Bridge } from "../crypto/bridge";

let bridge: Bridge;
let conv: { id: string; person_id: string; practice_id: string };

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  bridge = new Bridge();
  conv = (await bridge.ask("keys"))["conversation"] as typeof conv;
});
afterEach(() => {
  bridge.stop();
  vi.restoreAllMocks();
});

async function chatOf(role: "clinician" | "scheduler" | "patient", inviteId?: string) {
  const store = await openKeystore(conv.practice_id, role === "patient" ? "patient" : "staff", { person: newId() });
  const transport = Object.assign(bridge.transport(), { wantAll: () => undefined, epochOf: new Map<string, number>(), head: 0 });
  const personId = role === "patient" ? conv.person_id : newId();
  const conversation = new Conversation(conv.id, store, transport, { personId, role, inviteId });
  return { chat: new Chat(conversation, transport as unknown as HttpTransport), transport, conversation };
}

async function pair() {
  const staff = await chatOf("clinician");
  await staff.chat.refresh();
  await bridge.ask("sheet-approve");
  await staff.chat.refresh();
  const inviteId = await staff.conversation.signInvite(conv.person_id, await tokenHash(random(32)), 4_000_000_000);
  const patient = await chatOf("patient", inviteId);
  await patient.chat.refresh();
  return { staff, patient };
}

it("keeps a text, sends it, and the other side reads it", async () => {
  const { staff, patient } = await pair();
  expect(patient.chat.keys.value.blocked).toBeNull();
  expect(await patient.chat.send("Good morning")).toBe(true);
  await vi.waitFor(() => expect(patient.chat.sending.value).toBe(0));
  await staff.chat.refresh();
  expect(staff.chat.lines.value.map((line) => line.body?.text)).toEqual(["Good morning"]);
});

it("shows a lost answer as not sent, and trying again makes it stand once", async () => {
  const { staff, patient } = await pair();
  patient.transport.lose = true;
  expect(await patient.chat.send("only once")).toBe(true);
  await vi.waitFor(() => expect(patient.chat.state.value).toBe("away"));
  expect(patient.chat.lines.value.map((line) => line.seq)).toEqual([0]);
  patient.transport.lose = false;
  await patient.chat.refresh();
  expect(patient.chat.state.value).toBe("ready");
  expect(patient.chat.lines.value.map((line) => line.seq)).toEqual([1]);
  await staff.chat.refresh();
  expect(staff.chat.lines.value.map((line) => line.body?.text)).toEqual(["only once"]);
  patient.chat.close();
});

it("does not take a text that it could not keep, and says why nothing can be written", async () => {
  const early = await chatOf("patient");
  await early.chat.refresh();
  expect(early.chat.keys.value).toMatchObject({ noStaffDevice: true, blocked: "not-opened" });
  expect(await early.chat.send("too early")).toBe(false);
  expect(early.chat.lines.value).toEqual([]);
  expect(early.chat.state.value).toBe("ready");
});

it("says when this device can sign for a call, and when others' signatures begin to count", async () => {
  const callId = newId();
  const prints = ["sha-256 AA:01"];
  const staff = await chatOf("clinician");
  await staff.chat.refresh();
  const uncertified = staff.chat.standing.value;
  expect(await staff.conversation.sign(callId, prints)).toBeNull();
  await bridge.ask("sheet-approve");
  await staff.chat.refresh();
  expect(staff.chat.standing.value).not.toBe(uncertified);
  const alone = staff.chat.standing.value;

  const inviteId = await staff.conversation.signInvite(conv.person_id, await tokenHash(random(32)), 4_000_000_000);
  const patient = await chatOf("patient", inviteId);
  await patient.chat.refresh();
  expect(await patient.conversation.verify(callId, await staff.conversation.sign(callId, prints))).toMatchObject({ fingerprints: prints });
  expect(await staff.conversation.verify(callId, await patient.conversation.sign(callId, prints))).toMatchObject({ fingerprints: prints });
  expect(staff.chat.standing.value).not.toBe(alone); // learned while verifying, and told

  const steady = staff.chat.standing.value;
  await patient.chat.send("no key changes by this");
  await vi.waitFor(() => expect(patient.chat.sending.value).toBe(0));
  await staff.chat.refresh();
  expect(staff.chat.standing.value).toBe(steady);
});

it("two staff devices that sign the same invite at once both succeed, and it stands once", async () => {
  const first = await chatOf("clinician");
  const second = await chatOf("scheduler");
  for (const one of [first, second]) await one.chat.refresh();
  await bridge.ask("sheet-approve");
  for (const one of [first, second]) await one.chat.refresh();
  const [inviteId, hash] = [newId(), await tokenHash(random(32))];
  const sign = (one: typeof first): Promise<string> => one.conversation.signInvite(conv.person_id, hash, 4_000_000_000, inviteId);
  expect(await Promise.all([sign(first), sign(second)])).toEqual([inviteId, inviteId]);
  expect(await sign(first)).toBe(inviteId);
  const entries = (await bridge.ask("keys"))["members"] as { op: string; subject: { invite_id?: string } }[];
  expect(entries.filter((entry) => entry.subject.invite_id === inviteId)).toHaveLength(1);
});
