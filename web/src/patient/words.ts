import { byId } from "../lib/dom";
import { intlTag, isLocale, markDocument, pickLocale, storedLocale, storeLocale, type Locale } from "../lib/locale";
import { fill } from "../lib/text";
import ar from "../messages/zero.ar";
import en, { type ZeroMessages } from "../messages/zero.en";
import es from "../messages/zero.es";

/** The language of page zero: which one, the menu, and putting its words on the page. */

const MESSAGES: Record<Locale, ZeroMessages> = { en, es, ar };
const listeners: ((locale: Locale) => void)[] = [];

let current: Locale = "en";

export function locale(): Locale {
  return current;
}

export function tag(): string {
  return intlTag(current, navigator.languages);
}

export function say(key: keyof ZeroMessages, values: Record<string, string> = {}): string {
  return fill(MESSAGES[current][key], values);
}

export function onLocale(listener: (locale: Locale) => void): void {
  listeners.push(listener);
}

/** Chosen before on this device, else what the link was sent in (the server wrote it into the page), else the browser's. */
export function startWords(): void {
  const menu = byId("languages", HTMLSelectElement);
  current = storedLocale() ?? pickLocale([document.documentElement.lang, ...navigator.languages]);
  apply();
  menu.value = current;
  byId("language").hidden = false;
  menu.addEventListener("change", () => {
    if (!isLocale(menu.value)) return;
    current = menu.value;
    storeLocale(current);
    apply();
    for (const listener of listeners) listener(current);
  });
}

function apply(): void {
  markDocument(current);
  for (const node of document.querySelectorAll<HTMLElement>("[data-t]")) {
    const key = node.dataset["t"] as keyof ZeroMessages;
    const text = MESSAGES[current][key];
    if (node.textContent !== text) node.textContent = text;
  }
}

/** Changes which message an element shows, so that a change of language finds it again. */
export function show(node: HTMLElement, key: keyof ZeroMessages): void {
  node.dataset["t"] = key;
  node.textContent = MESSAGES[current][key];
}
