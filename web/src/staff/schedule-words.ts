/** The schedule page's own words, in the page's language. */
import { computed } from "@preact/signals";
import { locale } from "../lib/i18n";
import { ar } from "../messages/schedule.ar";
import { en, type ScheduleWords } from "../messages/schedule.en";
import { es } from "../messages/schedule.es";

const ALL: Record<"en" | "es" | "ar", ScheduleWords> = { en, es, ar };

export const scheduleWords = computed<ScheduleWords>(() => ALL[locale.value]);
