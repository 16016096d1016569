import { describe, expect, it } from "vitest";
import { DEFAULT_KEYS } from "../../src/staff/keymap";
import { actFor, lettersOn, setLetters, type KeyContext, type KeyPress } from "../../src/staff/keys";

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  repeat: false,
  isComposing: false,
  ...more,
});
const board: KeyContext = { place: "none", mode: "board", letters: true, keys: DEFAULT_KEYS, dialog: false };
const call: KeyContext = { ...board, mode: "call" };

describe("keys on the board", () => {
  it("gives each key its act, whatever the case", () => {
    expect(["n", "N", "m", "?", "Enter", "Escape"].map((key) => actFor(press(key), board))).toEqual([
      "next",
      "next",
      "message",
      "help",
      "admit",
      "close",
    ]);
  });

  it("never acts while someone types", () => {
    for (const key of ["n", "m", "?", "Enter", " ", "Escape"]) {
      expect(actFor(press(key), { ...board, place: "text" })).toBeNull();
      expect(actFor(press(key), { ...call, place: "text" })).toBeNull();
    }
  });

  it("leaves Enter to a focused button, and takes it on a row", () => {
    expect(actFor(press("Enter"), { ...board, place: "control" })).toBeNull();
    expect(actFor(press("Enter"), { ...board, place: "row" })).toBe("admit");
  });

  it("leaves the browser's and the system's own combinations alone", () => {
    expect(actFor(press("n", { ctrlKey: true }), board)).toBeNull();
    expect(actFor(press("n", { metaKey: true }), board)).toBeNull();
    expect(actFor(press("n", { altKey: true }), board)).toBeNull();
    expect(actFor(press("n", { isComposing: true }), board)).toBeNull();
  });

  it("does not act again while a key is held down", () => {
    expect(actFor(press("Enter", { repeat: true }), board)).toBeNull();
  });

  it("leaves the keyboard to an open dialog", () => {
    expect(actFor(press("Enter"), { ...board, dialog: true })).toBeNull();
    expect(actFor(press("e"), { ...call, dialog: true })).toBeNull();
  });

  it("moves along the rows with arrows only from a row", () => {
    expect(actFor(press("ArrowDown"), { ...board, place: "row" })).toBe("down");
    expect(actFor(press("ArrowDown"), board)).toBeNull();
  });
});

describe("keys in a visit", () => {
  it("mutes with Space only when no control would be pressed by it", () => {
    expect(actFor(press(" "), call)).toBe("mute");
    expect(actFor(press(" "), { ...call, place: "control" })).toBeNull();
    expect(actFor(press(" "), board)).toBeNull();
  });

  it("never admits anyone", () => {
    expect(actFor(press("Enter"), call)).toBeNull();
    expect(actFor(press("n"), call)).toBeNull();
  });
});

describe("letters switched off (WCAG 2.1.4)", () => {
  it("leaves only keys that are no characters", () => {
    const off = { ...board, letters: false };
    expect(["n", "m", "?", "j"].map((key) => actFor(press(key), off))).toEqual([null, null, null, null]);
    expect(actFor(press("Enter"), off)).toBe("admit");
    expect(["v", "e", "m", " "].map((key) => actFor(press(key), { ...call, letters: false }))).toEqual([null, null, null, null]);
  });

  it("is remembered for each account", () => {
    const kept = new Map<string, string>();
    const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
    expect(lettersOn(store, "a")).toBe(true);
    setLetters(store, "a", false);
    expect([lettersOn(store, "a"), lettersOn(store, "b")]).toEqual([false, true]);
    setLetters(store, "a", true);
    expect(lettersOn(store, "a")).toBe(true);
  });
});
