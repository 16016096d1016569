/** The language of the staff's pages, remembered on this computer. */
import { LANGUAGE_NAMES, LOCALES, locale, switchLocale, type Locale } from "../lib/i18n";

export function LanguageMenu() {
  return (
    <label class="language">
      <span>Language · Idioma · اللغة</span>
      <select value={locale.value} onChange={(event) => switchLocale(event.currentTarget.value as Locale, true)}>
        {LOCALES.map((code) => (
          <option key={code} value={code} lang={code}>
            {LANGUAGE_NAMES[code]}
          </option>
        ))}
      </select>
    </label>
  );
}
