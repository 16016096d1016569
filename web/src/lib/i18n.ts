import { computed, signal } from "@preact/signals";
import { intlTag, markDocument, storeLocale, type Locale } from "./locale";

export * from "./locale";

/** The language of this page; pages with a language menu set it. */
export const locale = signal<Locale>("en");
/** The viewer's preferred tags, set once by the page's entry. */
export const wanted = signal<readonly string[]>([]);
/** What to hand to `Intl`. */
export const tag = computed(() => intlTag(locale.value, wanted.value));

/** Shows the page in another language. */
export function switchLocale(next: Locale, remember = false): void {
  markDocument(next);
  locale.value = next;
  if (remember) storeLocale(next);
}
