/** All interpreters of a language are asked at once. Loaded when somebody wants to. */
import { useState } from "preact/hooks";
import { locale } from "../lib/i18n";
import { COMPANY } from "../messages/company";
import { LANGUAGES } from "./add-person";
import { SelectField } from "./fields";
import { run, type Host } from "./guest-dialog";
import type { Row } from "./types";
import { words } from "./words";

/** ISO 639-2 for sign languages. */
export const SIGN = "sgn";

/** The language that was noted with the visit or of the person; a language by its code only. */
function languageOf(row: Row): string {
  const needs = new Map(row.person.needs.map((need) => [need.kind, need.detail ?? ""]));
  const known = row.interpreter || needs.get("interpreter") || (needs.has("signing") ? SIGN : row.person.language);
  return LANGUAGES.includes(known) || known === SIGN ? known : (LANGUAGES[0] ?? "");
}

/** All who speak it are asked at once. */
export function AskInterpreters({ store, row }: { store: Host; row: Row }) {
  const w = COMPANY[locale.value];
  const [language, setLanguage] = useState(() => languageOf(row));
  const [nobody, setNobody] = useState(false);
  const [busy, setBusy] = useState(false);
  const { race } = row;
  const ask = (): void => {
    setBusy(true);
    setNobody(false);
    void run(store, async () => {
      const after = await store.session.api.post<Row>(`/v1/appointments/${row.id}/interpreters`, { language });
      setNobody(after.race?.state !== "open");
    }).finally(() => setBusy(false));
  };
  const said = nobody ? w.nobodySpeaks : race?.state === "open" ? w.askedAll(race.asked, race.passed) : race?.state === "taken" ? w.raceTaken : race ? w.raceNobody : "";
  const options = [...LANGUAGES, SIGN].map((code): [string, string] => [code, words.value.common.language(code)]);
  return (
    <div class="ask-all">
      {race?.state !== "open" && (
        <>
          <SelectField id="ask-language" label={w.askLanguage} faults={[]} value={language} onValue={setLanguage} options={options} />
          <p>
            <button type="button" class="button button-main" disabled={busy} onClick={ask}>
              {w.askAll}
            </button>
          </p>
        </>
      )}
      <p role="status">{said}</p>
    </div>
  );
}
