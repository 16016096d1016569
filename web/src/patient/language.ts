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

export async function speak(locale: Locale): Promise<void> {
  messages.value = (await LOAD[locale]()).default;
  wanted.value = navigator.languages;
  switchLocale(locale);
}
