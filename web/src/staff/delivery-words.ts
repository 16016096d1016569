/** The words of what became of messages, in the page's language. */
import { computed } from "@preact/signals";
import { locale } from "../lib/i18n";
import { ar } from "../messages/delivery.ar";
import { en, type DeliveryWords } from "../messages/delivery.en";
import { es } from "../messages/delivery.es";

const ALL: Record<"en" | "es" | "ar", DeliveryWords> = { en, es, ar };

export const deliveryWords = computed<DeliveryWords>(() => ALL[locale.value]);

/** `reminder.48h` in words; what tells several of a kind apart stands behind. */
export function stepName(step: string): string {
  const [kind = "", which = ""] = step.split(".");
  const name = deliveryWords.value.steps[kind] ?? kind;
  return kind === "reminder" ? `${name} (${which})` : name;
}

/** A code as a sentence; codes of providers stay codes. */
export function whyWord(why: string): string {
  return deliveryWords.value.why[why] ?? deliveryWords.value.code(why);
}
