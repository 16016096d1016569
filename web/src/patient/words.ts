import { byId } from "../lib/dom";
import { intlTag, isLocale, markDocument, pickLocale, storedLocale, storeLocale, type Locale } from "../lib/locale";
import { fill } from "../lib/text";
import type { ZeroMessages } from "../messages/zero.en";

/** The language of page zero: which one, the menu, and putting its words on the page. */

/** One language over the wire: the build preloads the one the HTML is written in. */
const LOAD: Record<Locale, () => Promise<{ default: ZeroMessages }>> = {
  en: () => import("../messages/zero.en"),
  es: () => import("../messages/zero.es"),
  ar: () => import("../messages/zero.ar"),
};
const listeners: ((locale: Locale) => void)[] = [];

let current: Locale = "en";
let messages: ZeroMessages;

export function locale(): Locale {
  return current;
}

export function tag(): string {
  return intlTag(current, navigator.languages);
}

export function say(key: keyof ZeroMessages, values: Record<string, string> = {}): string {
  return fill(messages[key], values);
}

export function onLocale(listener: (locale: Locale) => void): void {
  listeners.push(listener);
}

/** Chosen before on this device, else what the link was sent in (the server wrote it into the page), else the browser's. */
export function firstLocale(): Locale {
  return storedLocale() ?? pickLocale([document.documentElement.lang, ...navigator.languages]);
}

export async function startWords(): Promise<void> {
  const menu = byId("languages", HTMLSelectElement);
  await speak(firstLocale());
  byId("language").hidden = false;
  menu.addEventListener("change", () => {
    if (!isLocale(menu.value)) return;
    storeLocale(menu.value);
    void speak(menu.value);
  });
}

async function speak(next: Locale): Promise<void> {
  messages = (await LOAD[next]()).default;
  current = next;
  byId("languages", HTMLSelectElement).value = next;
  apply();
  for (const listener of listeners) listener(next);
}

function apply(): void {
  markDocument(current);
  for (const node of document.querySelectorAll<HTMLElement>("[data-t]")) {
    const key = node.dataset["t"] as keyof ZeroMessages;
    const text = messages[key];
    if (node.textContent !== text) node.textContent = text;
  }
}

/** Changes which message an element shows, so that a change of language finds it again. */
export function show(node: HTMLElement, key: keyof ZeroMessages): void {
  node.dataset["t"] = key;
  node.textContent = messages[key];
}
