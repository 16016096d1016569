import { signal } from "@preact/signals";
import { switchLocale, wanted, type Locale } from "../lib/i18n";
import type { RoomMessages } from "../messages/room.en";

const LOAD: Record<Locale, () => Promise<{ default: RoomMessages }>> = {
  en: () => import("../messages/room.en"),
  es: () => import("../messages/room.es"),
  ar: () => import("../messages/room.ar"),
};

/** The room's words; set before the room is drawn for the first time. */
export const messages = signal<RoomMessages>({} as RoomMessages);

/** Raised by every wish: words that come late, after another language was chosen, are not shown. */
let wishes = 0;

export async function speak(locale: Locale): Promise<void> {
  const wish = ++wishes;
  const loaded = (await LOAD[locale]()).default;
  if (wish !== wishes) return;
  messages.value = loaded;
  wanted.value = navigator.languages;
  switchLocale(locale);
}
