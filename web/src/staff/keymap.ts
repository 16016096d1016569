/**
 * Which letter stands for which act, as this person wants it (WCAG 2.1.4: remap or turn off). Pure but for the two that keep it.
 * Named keys (Enter, Escape, arrows, Space) are the platform's own and are not given away.
 */

/** Acts with a letter of their own, in the order in which the help shows them. */
export const LETTER_ACTS = ["next", "message", "late", "transfer", "urgency", "interpreter", "guest", "phone", "seen", "group", "undo", "camera", "screen", "hold", "note", "emergency", "end"] as const;
export type LetterAct = (typeof LETTER_ACTS)[number];
export type KeyMap = Record<LetterAct, string>;

/** Where an act exists: two acts may share a letter when they never meet. */
export type Where = "board" | "call" | "both";
export const WHERE: Record<LetterAct, Where> = { next: "board", message: "both", late: "both", transfer: "both", urgency: "board", interpreter: "both", guest: "both", phone: "both", seen: "call", group: "both", undo: "board", camera: "call", screen: "call", hold: "call", note: "call", emergency: "call", end: "call" };

export const DEFAULT_KEYS: KeyMap = { next: "n", message: "m", late: "l", transfer: "t", urgency: "a", interpreter: "i", guest: "g", phone: "p", seen: "s", group: "b", undo: "u", camera: "v", screen: "d", hold: "h", note: "w", emergency: "x", end: "e" };

/** One visible character that is no digit's or space's business; `?` opens the help and stays. */
export function isLetter(key: string): boolean {
  return [...key].length === 1 && key !== "?" && /[\p{L}\p{P}\p{S}]/u.test(key);
}

function meet(a: Where, b: Where): boolean {
  return a === "both" || b === "both" || a === b;
}

/** Gives `act` another letter. The act that had it where both exist takes the old one: no act is ever without a key. */
export function remap(map: KeyMap, act: LetterAct, key: string): KeyMap {
  const wanted = key.toLowerCase();
  if (!isLetter(key) || map[act] === wanted) return map;
  const next = { ...map, [act]: wanted };
  for (const other of LETTER_ACTS) {
    if (other !== act && map[other] === wanted && meet(WHERE[other], WHERE[act])) next[other] = map[act];
  }
  return isUnambiguous(next) ? next : map;
}

/** No letter means two things in one place. */
export function isUnambiguous(map: KeyMap): boolean {
  return LETTER_ACTS.every((a, i) => LETTER_ACTS.slice(i + 1).every((b) => map[a] !== map[b] || !meet(WHERE[a], WHERE[b])));
}

/** The act of a letter in this place, if any. */
export function actOfLetter(map: KeyMap, key: string, where: "board" | "call"): LetterAct | null {
  const pressed = key.toLowerCase();
  return LETTER_ACTS.find((act) => map[act] === pressed && meet(WHERE[act], where)) ?? null;
}

const storeName = (account: string): string => `careroom.keys.${account}`;

export function storedKeys(store: Pick<Storage, "getItem">, account: string): KeyMap {
  let kept: unknown;
  try {
    kept = JSON.parse(store.getItem(storeName(account)) ?? "{}");
  } catch {
    return DEFAULT_KEYS; // written by something else: the keys on the help page are then the usual ones
  }
  const map = { ...DEFAULT_KEYS };
  for (const act of LETTER_ACTS) {
    const key = (kept as Record<string, unknown> | null)?.[act];
    if (typeof key === "string" && isLetter(key)) map[act] = key;
  }
  return isUnambiguous(map) ? map : DEFAULT_KEYS;
}

export function storeKeys(store: Pick<Storage, "setItem">, account: string, map: KeyMap): void {
  store.setItem(storeName(account), JSON.stringify(map));
}
