/** Each page says what its own line does and what the other side's does, and why; never that somebody chose what the line did. */
import { expect, it } from "vitest";
import type { Carried } from "../../src/call/frames";
import { RUNGS, type Reason, type Rung } from "../../src/call/ladder";
import { lineWords } from "../../src/call/line-words";
import { OwnMedia } from "../../src/call/media";
import ar from "../../src/messages/call.ar";
import en from "../../src/messages/call.en";
import es from "../../src/messages/call.es";

const REASONS: Reason[] = ["begin", "good", "slow", "loss", "delay", "silent", "lost", "chosen", "back", "no-phone"];
const say = (rung: Rung, reason: Reason, theirs: Carried = "all", staff = true) => lineWords({ rung, reason, cause: null, signs: false, staff, theirs });

it("says that somebody chose it only to whoever chose it", () => {
  for (const rung of RUNGS) {
    for (const reason of REASONS) expect(say(rung, reason).own.includes("rung_chosen"), `${rung} ${reason}`).toBe(rung === "voice" && reason === "chosen");
  }
  expect(say("voice", "back").own).toEqual(["rung_back"]);
});

it("tells each side what the line of the other one carries, whatever its own does, except at the telephone", () => {
  for (const staff of [true, false]) {
    for (const rung of RUNGS) {
      expect(say(rung, "good", "none", staff).theirs).toBe(rung === "phone" ? null : "their_none");
      expect(say(rung, "good", "voice", staff).theirs).toBe(rung === "phone" ? null : "their_voice");
      expect(say(rung, "good", "all", staff).theirs).toBeNull();
    }
  }
});

it("promises no call that comes back by itself where no phone could be rung", () => {
  expect(say("text", "no-phone").own).toEqual(["phone_failed"]);
  expect(say("text", "loss").own).toEqual(["rung_text"]);
});

it("says the line is why only while it is: a muted microphone and a choice are no weak line", () => {
  const own = new OwnMedia();
  own.started = true;
  const with_ = (change: Partial<OwnMedia>) => Object.assign(own, { noAudio: false, noVideo: false, spared: false, muted: false }, change).sends.line;
  expect(with_({ muted: true })).toBe("all");
  expect(with_({ noVideo: true })).toBe("voice");
  expect(with_({ noVideo: true, noAudio: true })).toBe("none");
  expect(with_({ noVideo: true, spared: true })).toBe("all");
});

it("has the words in every language, each about the other side by name", () => {
  for (const words of [en, es, ar]) {
    for (const key of ["their_voice", "their_none"] as const) expect(words[key]).toContain("{name}");
    expect(words.rung_back.length).toBeGreaterThan(10);
  }
});
