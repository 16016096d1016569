/** The words about devices, in the language of the page; fetched with the part that says them. */
import { useEffect, useState } from "preact/hooks";
import { fill } from "../lib/text";
import type { Locale } from "../lib/locale";
import en, { type DeviceMessages } from "../messages/devices.en";

const LOAD: Record<Locale, () => Promise<{ default: DeviceMessages }>> = {
  en: () => Promise.resolve({ default: en }),
  es: () => import("../messages/devices.es"),
  ar: () => import("../messages/devices.ar"),
};

let spoken: DeviceMessages = en;
let wish = 0;

/** Resolves when `sayDevice` speaks this language; of several wishes the last one wins. */
export async function speakDevices(locale: Locale): Promise<void> {
  const mine = ++wish;
  const words = (await LOAD[locale]()).default;
  if (mine === wish) spoken = words;
}

export function sayDevice(key: keyof DeviceMessages, values: Record<string, string> = {}): string {
  return fill(spoken[key], values);
}

/** For components: false until the words are there; draws again with another language. */
export function useDeviceWords(locale: Locale): boolean {
  const [said, setSaid] = useState<Locale | null>(null);
  useEffect(() => void speakDevices(locale).then(() => setSaid(locale)), [locale]);
  return said === locale;
}
