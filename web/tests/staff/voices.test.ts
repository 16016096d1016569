import { signal } from "@preact/signals";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { CallIdentity } from "../../src/call/security";
import type { Chat } from "../../src/chat/chat";
import type { Joined } from "../../src/staff/line";
import { speakForGroup } from "../../src/staff/voices";

const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

/** A conversation that answers with its own name, and says which hellos it was asked about. */
class Member {
  readonly standing = signal("");
  readonly asked: unknown[] = [];

  constructor(readonly name: string) {}

  get chat(): Chat {
    const conversation = {
      sign: async () => `signed by ${this.name}`,
      verify: async (_call: string, hello: unknown) => (this.asked.push(hello), { fingerprints: [this.name] }),
      commitment: async () => `commitment of ${this.name}`,
      pictures: async () => [this.name.length],
    };
    return { standing: this.standing, conversation } as unknown as Chat;
  }
}

/** The call as `speakForGroup` needs it. */
class Call {
  readonly identities: CallIdentity[] = [];
  readonly attached: (() => void)[] = [];

  get joined(): Joined {
    return {
      call: { identityChanged: async (identity: CallIdentity) => void this.identities.push(identity) },
      attach: (stop: () => void) => this.attached.push(stop),
    } as unknown as Joined;
  }

  get now(): CallIdentity {
    const identity = this.identities.at(-1);
    if (!identity) throw new Error("nobody has spoken yet");
    return identity;
  }
}

const [TOM, AISHA] = ["v1.patient", "v2.patient"];

function opening(...members: [string, Promise<Chat>][]): Map<string, Promise<Chat>> {
  return new Map(members);
}

describe("who speaks in a group's call", () => {
  afterEach(() => vi.restoreAllMocks());

  it("is judged by their own conversation, and a clinician by any of them", async () => {
    const [tom, aisha, call] = [new Member("tom"), new Member("aisha"), new Call()];
    tom.standing.value = aisha.standing.value = "1";
    speakForGroup(call.joined, opening([TOM, Promise.resolve(tom.chat)], [AISHA, Promise.resolve(aisha.chat)]));
    await settled();
    expect((await call.now.verify("c", "her hello", AISHA))?.fingerprints).toEqual(["aisha"]);
    expect([tom.asked, aisha.asked]).toEqual([[], ["her hello"]]);
    expect((await call.now.verify("c", "a colleague's", "provider"))?.fingerprints).toEqual(["tom"]);
    expect(await call.now.sign("c", ["f"])).toBe("signed by tom");
    expect(await call.now.commitment("h")).toBe("commitment of tom");
    expect(await call.now.pictures("c", "a", "b")).toEqual([3]);
  });

  it("stays unconfirmed where no conversation of theirs is known: a member proves nothing in another's seat", async () => {
    const [tom, call] = [new Member("tom"), new Call()];
    tom.standing.value = "1";
    speakForGroup(call.joined, opening([TOM, Promise.resolve(tom.chat)]));
    await settled();
    expect(await call.now.verify("c", "hello", "v9.patient")).toBeNull();
    expect(await call.now.verify("c", "hello", "v9.guest-1")).toBeNull();
    expect(tom.asked).toEqual([]);
  });

  it("is said as soon as the first keys stand, and again when more do", async () => {
    const [tom, aisha, call] = [new Member("tom"), new Member("aisha"), new Call()];
    speakForGroup(call.joined, opening([TOM, Promise.resolve(tom.chat)], [AISHA, Promise.resolve(aisha.chat)]));
    await settled();
    expect(call.identities).toEqual([]);
    tom.standing.value = "1";
    expect(await call.now.verify("c", "hello", AISHA)).toBeNull();
    aisha.standing.value = "1";
    expect((await call.now.verify("c", "hello", AISHA))?.fingerprints).toEqual(["aisha"]);
    expect(call.identities).toHaveLength(2);
  });

  it("keys that do not come leave their voice unconfirmed and the others' as they are", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const [tom, call] = [new Member("tom"), new Call()];
    tom.standing.value = "1";
    speakForGroup(call.joined, opening([AISHA, Promise.reject(new Error("no keys"))], [TOM, Promise.resolve(tom.chat)]));
    await settled();
    expect(said).toHaveBeenCalledOnce();
    expect(await call.now.verify("c", "hello", AISHA)).toBeNull();
    expect((await call.now.verify("c", "hello", TOM))?.fingerprints).toEqual(["tom"]);
  });

  it("ends with the call, or before the keys have come", async () => {
    const [tom, call, late] = [new Member("tom"), new Call(), new Call()];
    const stop = speakForGroup(call.joined, opening([TOM, Promise.resolve(tom.chat)]));
    const stopLate = speakForGroup(late.joined, opening([TOM, Promise.resolve(tom.chat)]));
    stopLate();
    await settled();
    tom.standing.value = "1";
    expect([call.identities.length, late.identities.length]).toEqual([1, 0]);
    stop();
    tom.standing.value = "2";
    expect(call.identities).toHaveLength(1);
    const [attached] = call.attached;
    expect(attached, "the call ends it too").toBeDefined();
  });
});
