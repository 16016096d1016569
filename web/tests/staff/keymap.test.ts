import { describe, expect, it } from "vitest";
import { DEFAULT_KEYS, isUnambiguous, LETTER_ACTS, remap, storedKeys, storeKeys, type KeyMap } from "../../src/staff/keymap";
import { actFor } from "../../src/staff/keys";

const press = (key: string) => ({ key, altKey: false, ctrlKey: false, metaKey: false, repeat: false, isComposing: false });
const board = (keys: KeyMap) => ({ place: "none", mode: "board", letters: true, keys, dialog: false }) as const;

describe("keys of one's own", () => {
  it("act by the new letter and not by the old one", () => {
    const keys = remap(DEFAULT_KEYS, "next", "j");
    expect(actFor(press("J"), board(keys))).toBe("next");
    expect(actFor(press("n"), board(keys))).toBeNull();
  });

  it("swap when the letter is taken, so that every act keeps a key", () => {
    const keys = remap(DEFAULT_KEYS, "next", "m");
    expect([keys.next, keys.message]).toEqual(["m", "n"]);
  });

  it("refuse the keys of the platform, digits and the help's own", () => {
    for (const key of ["Enter", "Escape", "Tab", " ", "7", "?", "ArrowDown"]) expect(remap(DEFAULT_KEYS, "next", key)).toBe(DEFAULT_KEYS);
  });

  it("stay unambiguous whatever is pressed, in any order", () => {
    const letters = [..."abcdefghijklmnopqrstuvwxyz"];
    let keys = DEFAULT_KEYS;
    for (let i = 0; i < 2_000; i++) {
      const act = LETTER_ACTS[Math.floor(Math.random() * LETTER_ACTS.length)] ?? "next";
      keys = remap(keys, act, letters[Math.floor(Math.random() * letters.length)] ?? "a");
      expect(isUnambiguous(keys), JSON.stringify(keys)).toBe(true);
    }
  });

  it("are kept for one account, and broken ones are the usual ones", () => {
    const kept = new Map<string, string>();
    const store = { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => void kept.set(name, value) };
    const keys = remap(DEFAULT_KEYS, "end", "x");
    storeKeys(store, "amara", keys);
    expect(storedKeys(store, "amara")).toEqual(keys);
    expect(storedKeys(store, "sofia")).toEqual(DEFAULT_KEYS);
    for (const broken of ["{", "null", '{"next":"m"}', '{"next":7}', '{"next":"Enter"}']) {
      kept.set("careroom.keys.amara", broken);
      expect(storedKeys(store, "amara"), broken).toEqual(DEFAULT_KEYS);
    }
  });
});
