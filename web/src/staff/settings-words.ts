/** The settings page's own words, in the page's language. */
import { computed } from "@preact/signals";
import { locale } from "../lib/i18n";
import { ar } from "../messages/settings.ar";
import { en, type SettingsWords } from "../messages/settings.en";
import { es } from "../messages/settings.es";

const ALL: Record<"en" | "es" | "ar", SettingsWords> = { en, es, ar };

export const settingsWords = computed<SettingsWords>(() => ALL[locale.value]);
