/** The figures page's words, its numbers in the reader's digits, and the shape of what it shows (docs/protocol.md). */
import { computed } from "@preact/signals";
import { locale, tag } from "../lib/i18n";
import { ar } from "../messages/figures.ar";
import { en, type FiguresWords } from "../messages/figures.en";
import { es } from "../messages/figures.es";

const ALL: Record<"en" | "es" | "ar", FiguresWords> = { en, es, ar };

export const figuresWords = computed<FiguresWords>(() => ALL[locale.value]);

export interface Hour {
  hour: number;
  count: number;
  median: number | null;
  p80: number | null;
}

export interface Month {
  month: string;
  due: number;
  missed: number;
  share: number | null;
}

export interface Figures {
  days: number;
  since: string;
  until: string;
  zone: string;
  waits: { count: number; median: number | null; p80: number | null; by_hour: Hour[]; left: number; expired: number };
  forecast: {
    outcomes: number;
    band_coverage: number | null;
    mean_error_minutes: number | null;
    later_than_p80: number | null;
    stretch: number;
    promises: { promised: number; came: number }[];
  };
  visits: { due: number; missed: number; share: number | null; outcomes: { name: string; count: number }[]; by_month: Month[] };
  survey: { answers: number; ease: Record<string, number>; helped: Record<string, number> };
}

/** A number, with at most so many digits after the point. */
export function digits(n: number, fraction = 0): string {
  return new Intl.NumberFormat(tag.value, { maximumFractionDigits: fraction }).format(n);
}

export function percent(share: number, fraction = 0): string {
  return new Intl.NumberFormat(tag.value, { style: "percent", maximumFractionDigits: fraction }).format(share);
}

/** `09:00` on the practice's clock. */
export function hourOf(hour: number): string {
  return new Intl.DateTimeFormat(tag.value, { hour: "2-digit", minute: "2-digit", timeZone: "UTC" }).format(new Date(Date.UTC(2026, 0, 1, hour)));
}

/** `Nov` of `2026-11`. */
export function monthOf(month: string): string {
  return new Intl.DateTimeFormat(tag.value, { month: "short", timeZone: "UTC" }).format(new Date(`${month}-15T00:00:00Z`));
}

export function dayOf(instant: string, zone: string): string {
  return new Intl.DateTimeFormat(tag.value, { day: "numeric", month: "long", timeZone: zone }).format(new Date(instant));
}
