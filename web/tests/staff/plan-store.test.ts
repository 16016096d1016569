import { describe, expect, it } from "vitest";
import { draftOf, ruleOf, type Rule } from "../../src/staff/plan-store";

const rule = (part: Partial<Rule>): Rule => ({ kind: "reminder", channels: ["sms", "voice", "email"], days: 0, minutes: 0, on: true, ...part });

describe("a rule of the plan", () => {
  it.each([
    [rule({ days: 7 }), "7", "days"],
    [rule({ minutes: 48 * 60 }), "48", "hours"],
    [rule({ minutes: 90 }), "90", "minutes"],
    [rule({ kind: "link", minutes: 60 }), "60", "minutes"],
    [rule({ kind: "rescue", minutes: -3 }), "3", "after"],
    [rule({ kind: "confirmation", channels: ["email"] }), "0", "minutes"],
  ] as const)("shows and gives back what the server said", (one, amount, unit) => {
    const draft = draftOf(one);
    expect([draft.amount, draft.unit]).toEqual([amount, unit]);
    expect(ruleOf(draft)).toEqual({ ...one, minutes: one.minutes });
  });

  it("sends nothing that is no number", () => {
    expect(ruleOf({ ...draftOf(rule({ days: 7 })), amount: "" }).days).toBe(0);
  });
});
