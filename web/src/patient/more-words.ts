/** Words of what whoever waits may want besides waiting; another language comes a moment after the page's own. */
import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { locale, plural, tag, type Forms, type Locale } from "../lib/i18n";
import { fill, isolate } from "../lib/text";
import en, { type MoreMessages } from "../messages/more.en";
import { useStore } from "./context";

const LOAD: Record<Locale, () => Promise<{ default: MoreMessages }>> = {
  en: () => Promise.resolve({ default: en }),
  es: () => import("../messages/more.es"),
  ar: () => import("../messages/more.ar"),
};
/** Spoken now; another language comes a moment after the page's own words. */
export const spoken = signal<{ locale: Locale; words: MoreMessages }>({ locale: "en", words: en });
export const ready = computed(() => spoken.value.locale === locale.value);

export async function speakMore(): Promise<void> {
  const wanted = locale.peek();
  if (spoken.peek().locale !== wanted) spoken.value = { locale: wanted, words: (await LOAD[wanted]()).default };
}

export type Plain = { [K in keyof MoreMessages]: MoreMessages[K] extends string ? K : never }[keyof MoreMessages];
export type Counted = Exclude<keyof MoreMessages, Plain>;

export function useMore(): { say: (key: Plain, values?: Record<string, string>) => string; count: (key: Counted, n: number) => string } {
  const { doctor } = useStore();
  const { words } = spoken.value;
  const language = locale.value;
  useEffect(() => void speakMore(), [language]);
  return {
    say: (key, values = {}) => fill(words[key], { name: isolate(doctor), ...values }),
    count: (key, n) => fill(plural(tag.value, n, words[key] as Forms), { name: isolate(doctor) }),
  };
}
