/** The words of a running call, in the language of the page; fetched with the part that says them. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { locale, type Locale } from "../lib/i18n";
import { fill, isolate } from "../lib/text";
import en, { type CallMessages } from "../messages/call.en";

const LOAD: Record<Locale, () => Promise<{ default: CallMessages }>> = {
  en: () => Promise.resolve({ default: en }),
  es: () => import("../messages/call.es"),
  ar: () => import("../messages/call.ar"),
};

const spoken = signal<CallMessages>(en);
let wish = 0;

async function speakCall(wanted: Locale): Promise<void> {
  const mine = ++wish;
  const words = (await LOAD[wanted]()).default;
  if (mine === wish) spoken.value = words;
}

export type SayCall = (key: keyof CallMessages, values?: Record<string, string>) => string;

/** Draws the calling component again when the language changes. */
export function useCallWords(name: string): SayCall {
  const wanted = locale.value;
  const words = spoken.value;
  useEffect(() => void speakCall(wanted), [wanted]);
  return (key, values = {}) => fill(words[key], { name: isolate(name), ...values });
}
