/** The staff's words in the page's language, and the few formats that only staff pages use. */
import { computed } from "@preact/signals";
import { locale, pickLocale, storedLocale, tag, switchLocale, wanted } from "../lib/i18n";
import { deskAr } from "../messages/desk.ar";
import { deskEn, type DeskWords } from "../messages/desk.en";
import { deskEs } from "../messages/desk.es";
import { lineAr } from "../messages/line.ar";
import { lineEn, type LineWords } from "../messages/line.en";
import { lineEs } from "../messages/line.es";
import { ar } from "../messages/staff.ar";
import { en, type StaffWords } from "../messages/staff.en";
import { es } from "../messages/staff.es";

const ALL: Record<"en" | "es" | "ar", StaffWords> = { en, es, ar };

/** The words now. */
export const words = computed<StaffWords>(() => ALL[locale.value]);

const LINE: Record<"en" | "es" | "ar", LineWords> = { en: lineEn, es: lineEs, ar: lineAr };

/** The words of the line now. */
export const lineWords = computed<LineWords>(() => LINE[locale.value]);

const DESK: Record<"en" | "es" | "ar", DeskWords> = { en: deskEn, es: deskEs, ar: deskAr };

/** The words of the desk and of tasks now. */
export const deskWords = computed<DeskWords>(() => DESK[locale.value]);

/** Sets the page's language: what was chosen here before, else what the browser asks for. */
export function bootLocale(): void {
  wanted.value = navigator.languages;
  switchLocale(storedLocale() ?? pickLocale(navigator.languages));
}

/** `14 Mar 1958` of an ISO calendar date, which has no zone. */
export function birthDate(date: string): string {
  const format = new Intl.DateTimeFormat(tag.value, { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });
  return format.format(new Date(`${date}T00:00:00Z`));
}

/** `Tue 24 Nov` in a zone. */
export function shortDate(instant: string | Date, zone: string): string {
  const format = new Intl.DateTimeFormat(tag.value, { timeZone: zone, weekday: "short", day: "numeric", month: "short" });
  return format.format(new Date(instant));
}

/** `6 min`, from an hour on `1 h 5 min`. */
export function duration(minutes: number): string {
  const w = words.value.common;
  return minutes < 60 ? w.minutes(minutes) : w.hours(Math.floor(minutes / 60), minutes % 60);
}

/** A count in the locale's digits. */
export function count(n: number): string {
  return new Intl.NumberFormat(tag.value).format(n);
}

/** `1:42`; digits of the locale. */
export function countdown(seconds: number): string {
  const two = new Intl.NumberFormat(tag.value, { minimumIntegerDigits: 2 });
  return `${count(Math.floor(seconds / 60))}:${two.format(seconds % 60)}`;
}

/** `06:12`, from an hour on `1:06:12`; digits of the locale. */
export function stopwatch(seconds: number): string {
  const two = new Intl.NumberFormat(tag.value, { minimumIntegerDigits: 2 });
  const one = new Intl.NumberFormat(tag.value);
  const h = Math.floor(seconds / 3600);
  const rest = `${two.format(Math.floor((seconds % 3600) / 60))}:${two.format(seconds % 60)}`;
  return h > 0 ? `${one.format(h)}:${rest}` : rest;
}
