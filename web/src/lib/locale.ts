/** Languages, digits and plurals, without a framework: page zero uses this file alone. */

/** Languages the pages are written in. A new one needs its message modules; the compiler then lists what is missing. */
export const LOCALES = ["en", "es", "ar"] as const;
export type Locale = (typeof LOCALES)[number];

/** Each language in its own words, for the menu. */
export const LANGUAGE_NAMES: Record<Locale, string> = { en: "English", es: "Español", ar: "العربية" };

export function isLocale(value: unknown): value is Locale {
  return LOCALES.includes(value as Locale);
}

/** The first wanted language (BCP 47 tags) that we have; English when none is. */
export function pickLocale(wanted: readonly (string | null | undefined)[]): Locale {
  for (const tag of wanted) {
    const base = tag?.toLowerCase().split("-")[0];
    if (isLocale(base)) return base;
  }
  return "en";
}

export function dirOf(locale: Locale): "ltr" | "rtl" {
  return locale === "ar" ? "rtl" : "ltr";
}

/**
 * The tag given to `Intl`: the reader's own region when it speaks the same language (12 or 24 hours follow the region), and
 * Arabic digits written out because browsers disagree about the default of plain `ar`.
 */
export function intlTag(locale: Locale, wanted: readonly string[] = []): string {
  const regional = wanted.find((tag) => tag.toLowerCase().startsWith(`${locale}-`)) ?? (locale === "en" ? "en-GB" : locale);
  return locale === "ar" && !regional.includes("-u-") ? `${regional}-u-nu-arab` : regional;
}

export function number(tag: string, value: number): string {
  return new Intl.NumberFormat(tag).format(value);
}

/** Plural forms by CLDR category, or `=2` for one exact number, as in ICU. `#` stands for the number in the locale's digits. */
export type Forms = Partial<Record<Intl.LDMLPluralRule | `=${number}`, string>> & { other: string };

export function plural(tag: string, value: number, forms: Forms): string {
  return choose(tag, value, forms, "cardinal");
}

/** 1st, 2nd, 3rd: the ordinal forms of a language. */
export function ordinal(tag: string, value: number, forms: Forms): string {
  return choose(tag, value, forms, "ordinal");
}

function choose(tag: string, value: number, forms: Forms, type: Intl.PluralRuleType): string {
  const rule = new Intl.PluralRules(tag, { type }).select(value);
  return (forms[`=${value}`] ?? forms[rule] ?? forms.other).replaceAll("#", number(tag, value));
}

const STORED = "careroom.locale";

/** The choice made in the language menu on this device, if any. */
export function storedLocale(): Locale | null {
  try {
    const value = localStorage.getItem(STORED);
    return isLocale(value) ? value : null;
  } catch {
    return null; // storage can be forbidden; the menu then holds for this page only
  }
}

export function storeLocale(locale: Locale): void {
  try {
    localStorage.setItem(STORED, locale);
  } catch {
    return; // see storedLocale
  }
}

/** `lang` and `dir` of the document: what screen readers, hyphenation and the layout go by. */
export function markDocument(locale: Locale): void {
  document.documentElement.lang = locale;
  document.documentElement.dir = dirOf(locale);
}
