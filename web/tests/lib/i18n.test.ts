import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LOCALES, ordinal, pickLocale, plural, intlTag } from "../../src/lib/locale";
import { fill } from "../../src/lib/text";

const MESSAGES = new URL("../../src/messages/", import.meta.url);
const sets = readdirSync(MESSAGES)
  .filter((name) => name.endsWith(".en.ts"))
  .map((name) => name.split(".")[0] ?? "")
  .sort();

type Tree = { [key: string]: Tree } | string | ((...values: never[]) => unknown);

/** A module's messages: its default export, or the export named like its language (`en`, or `deskEn` beside others). */
async function load(set: string, locale: string): Promise<Tree> {
  const module = (await import(`../../src/messages/${set}.${locale}.ts`)) as Record<string, Tree>;
  const own = `${set}${locale.charAt(0).toUpperCase()}${locale.slice(1)}`;
  const messages = module["default"] ?? module[locale] ?? module[own];
  if (!messages) throw new Error(`${set}.${locale} exports no messages`);
  return messages;
}

function names(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
}

/** Languages have different plural forms; only `other` is common to all. */
function isForms(tree: Tree): boolean {
  return typeof tree === "object" && typeof tree["other"] === "string" && Object.values(tree).every((form) => typeof form === "string");
}

function compare(english: Tree, other: Tree | undefined, at: string): void {
  expect(typeof other, at).toBe(typeof english);
  if (typeof english === "string" && typeof other === "string") {
    expect(other.trim(), at).not.toBe("");
    expect(names(other), at).toEqual(names(english));
  } else if (typeof english === "object" && typeof other === "object") {
    if (isForms(english)) return expect(isForms(other), at).toBe(true);
    expect(Object.keys(other).sort(), at).toEqual(Object.keys(english).sort());
    for (const [key, tree] of Object.entries(english)) compare(tree, other[key], `${at}.${key}`);
  }
}

describe.each(sets)("messages of %s", (set) => {
  test.each(LOCALES.filter((locale) => locale !== "en"))("%s says everything English says, with the same blanks", async (locale) => {
    compare(await load(set, "en"), await load(set, locale), set);
  });
});

describe("languages", () => {
  test("the first wanted language we have", () => {
    expect(pickLocale(["pt-PT", "es-MX", "en"])).toBe("es");
    expect(pickLocale([null, undefined, "de"])).toBe("en");
  });

  test("the reader's own region decides about 12 or 24 hours, Arabic has Arabic digits", () => {
    expect(intlTag("en", ["fr-FR", "en-US"])).toBe("en-US");
    expect(intlTag("en", ["fr-FR"])).toBe("en-GB");
    expect(intlTag("ar", ["ar-EG"])).toBe("ar-EG-u-nu-arab");
  });

  test("ordinals and plurals by the language's own rules, digits by its script", () => {
    const forms = { one: "#st", two: "#nd", few: "#rd", other: "#th" };
    expect([1, 2, 3, 4, 11, 21].map((n) => ordinal("en", n, forms))).toEqual(["1st", "2nd", "3rd", "4th", "11th", "21st"]);
    expect(plural("ar-u-nu-arab", 3, { few: "# ثوانٍ", other: "# ثانية" })).toBe("٣ ثوانٍ");
    expect(plural("en", 2, { "=2": "a pair", other: "#" })).toBe("a pair");
  });

  test("a blank without a value stays visible", () => {
    expect(fill("{a} and {b}", { a: "1" })).toBe("1 and {b}");
  });
});
