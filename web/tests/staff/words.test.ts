import { afterEach, describe, expect, it } from "vitest";
import { locale, wanted } from "../../src/lib/i18n";
import { ar } from "../../src/messages/staff.ar";
import { en } from "../../src/messages/staff.en";
import { es } from "../../src/messages/staff.es";
import { faultsIn, splitTyped } from "../../src/staff/add-person";
import { problemOf } from "../../src/staff/own-media";
import { stepWord, whenWord } from "../../src/staff/planned";
import { birthDate, count, duration, stopwatch } from "../../src/staff/words";

afterEach(() => {
  locale.value = "en";
  wanted.value = [];
});

describe("time words", () => {
  it("say minutes, and hours from an hour on", () => {
    expect([duration(0), duration(59), duration(60), duration(65)]).toEqual(["0 min", "59 min", "1 h", "1 h 5 min"]);
  });

  it("count a visit like a stopwatch, in the locale's digits", () => {
    expect([stopwatch(0), stopwatch(372), stopwatch(3972)]).toEqual(["00:00", "06:12", "1:06:12"]);
    locale.value = "ar";
    expect(stopwatch(372)).toBe("٠٦:١٢");
    expect(count(10)).toBe("١٠");
  });

  it("never move a birth date by a zone", () => {
    expect(birthDate("1958-03-14")).toBe("14 Mar 1958");
  });

  it("say now for what is due, the time for today, the day for later", () => {
    const now = Date.parse("2026-11-24T14:00:00Z");
    expect(whenWord("2026-11-24T14:00:30Z", "Europe/London", now)).toBe("now");
    expect(whenWord("2026-11-24T14:00:00Z", "Europe/London", now, true)).toBe("14:00");
    expect(whenWord("2026-11-24T16:30:00Z", "Europe/London", now)).toBe("16:30");
    expect(whenWord("2026-11-25T16:30:00Z", "Europe/London", now)).toBe("Wed 25 Nov 16:30");
  });
});

describe("the words of every language", () => {
  const paths = (value: object, at = ""): string[] =>
    Object.entries(value).flatMap(([key, inner]) => (typeof inner === "object" ? paths(inner as object, `${at}${key}.`) : [`${at}${key}`]));

  it("are all there, and none is empty", () => {
    for (const other of [es, ar]) expect(paths(other).sort()).toEqual(paths(en).sort());
    for (const words of [en, es, ar]) {
      const empty = paths(words).filter((path) => path.split(".").reduce((at, key) => (at as never)[key], words as unknown) === "");
      expect(empty).toEqual([]);
    }
  });

  it("count in Arabic plurals and digits", () => {
    expect(ar.day.count(2)).toBe("زيارتان");
    expect(ar.day.count(11)).toContain("١١");
  });
});

describe("booking", () => {
  it("takes a name or a number typed in the search over to the form", () => {
    expect(splitTyped("Maria João Tavares")).toEqual({ given: "Maria João", family: "Tavares", phone: "" });
    expect(splitTyped("Maria")).toEqual({ given: "Maria", family: "", phone: "" });
    expect(splitTyped("+1 415 555 0142")).toEqual({ given: "", family: "", phone: "+1 415 555 0142" });
  });

  it("wants a family name, a birth date and one way to send the link", () => {
    const draft = { given: "Ana", family: "Reis", birth: "1990-01-02", phone: "", email: "" };
    expect(faultsIn(draft).map((fault) => fault.field)).toEqual(["phone"]);
    expect(faultsIn({ ...draft, email: "ana@example.org" })).toEqual([]);
    expect(faultsIn({ ...draft, family: " ", phone: "1" }).map((fault) => fault.field)).toEqual(["family"]);
    expect(faultsIn({ ...draft, given: "", birth: "", phone: "1" }).map((fault) => fault.field)).toEqual(["birth"]);
  });

  it("names a step of the cadence, and knows what it does not know", () => {
    expect(stepWord("reminder-48h")).toBe(en.steps.reminder);
    expect(stepWord("unheard-of")).toBe(en.steps.other);
  });
});

describe("what is said about the provider's own devices", () => {
  const stream = {};
  it("is nothing when both work, and the cause when not", () => {
    expect(problemOf({ stream, camera: "ok", microphone: "ok" })).toBeNull();
    expect(problemOf({ stream, camera: "absent", microphone: "ok" })).toBe("noCamera");
    expect(problemOf({ stream, camera: "in-use", microphone: "ok" })).toBe("inUse");
    expect(problemOf({ stream: null, camera: "site-denied", microphone: "site-denied" })).toBe("denied");
    expect(problemOf({ stream: null, camera: "absent", microphone: "absent" })).toBe("none");
  });
});
