/**
 * Single keys on the board and in the call. `actFor` is pure: a key and where the focus is, in; an act, out.
 * Letters act only outside text fields and can be switched off (WCAG 2.1.4 Character Key Shortcuts).
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { actOfLetter, type KeyMap, type LetterAct } from "./keymap";

export type Act = LetterAct | "admit" | "help" | "mute" | "close" | "down" | "up";
/** Where the focus is: a text field, another control, a row of the board, or nothing in particular. */
export type Place = "text" | "control" | "row" | "none";
export type Mode = "board" | "call";

export interface KeyPress {
  key: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  repeat: boolean;
  isComposing: boolean;
}

export interface KeyContext {
  place: Place;
  mode: Mode;
  /** Single letters switched on. */
  letters: boolean;
  /** Which letter is which. */
  keys: KeyMap;
  /** A dialog is open: it has the keyboard to itself. */
  dialog: boolean;
}

export function actFor(press: KeyPress, context: KeyContext): Act | null {
  if (press.altKey || press.ctrlKey || press.metaKey || press.repeat || press.isComposing || context.dialog) return null;
  if (context.place === "text") return null;
  if (press.key === "Escape") return context.mode === "board" ? "close" : null;
  if (press.key === "Enter") return context.mode === "board" && context.place !== "control" ? "admit" : null;
  if (context.mode === "board" && (context.place === "row" || context.place === "none")) {
    if (press.key === "ArrowDown" && context.place === "row") return "down";
    if (press.key === "ArrowUp" && context.place === "row") return "up";
  }
  if (!context.letters) return null;
  // Space presses a focused control; only without one is it ours.
  if (press.key === " ") return context.mode === "call" && context.place === "none" ? "mute" : null;
  return press.key === "?" ? "help" : actOfLetter(context.keys, press.key, context.mode);
}

/**
 * Hears every key on the page from the moment the page stands: a passive effect begins a frame or more after the person
 * sees what they can press, and a key pressed in between would be lost without a word.
 */
export function useKeyDown(onKey: (event: KeyboardEvent) => void): void {
  const latest = useRef(onKey);
  latest.current = onKey;
  useLayoutEffect(() => {
    const hear = (event: KeyboardEvent): void => latest.current(event);
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, []);
}

/** What kind of thing has the focus. */
export function placeOf(element: Element | null): Place {
  if (!element || element === element.ownerDocument.body) return "none";
  if (element instanceof HTMLElement && element.isContentEditable) return "text";
  if (element.matches("textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button])")) return "text";
  if (element.matches("[data-row]")) return "row";
  if (element.matches("a[href], button, input, summary, [role=tab], [tabindex='0']")) return "control";
  return "none";
}

const storeName = (account: string): string => `careroom.letters.${account}`;

export function lettersOn(store: Pick<Storage, "getItem">, account: string): boolean {
  return store.getItem(storeName(account)) !== "off";
}

export function setLetters(store: Pick<Storage, "setItem">, account: string, on: boolean): void {
  store.setItem(storeName(account), on ? "on" : "off");
}
