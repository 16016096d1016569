/** All interpreters of a language are asked at once. Loaded when somebody wants to. */
import { useEffect, useState } from "preact/hooks";
import { locale } from "../lib/i18n";
import { COMPANY } from "../messages/company";
import { LANGUAGES } from "./add-person";
import { SelectField } from "./fields";
import { isHost, nameOf, run, type Host } from "./guest-dialog";
import { isInRoom } from "./sections";
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

interface Listed {
  id: string;
  name: string;
  languages: string[];
  active: boolean;
}

const bare = (language: string): string => language.toLowerCase().split("-")[0] ?? "";

/** Into the running visit by telephone, where all three meet: whoever speaks the language stands first. */
function ByPhone({ store, row }: { store: Host; row: Row }) {
  const w = COMPANY[locale.value];
  const [listed, setListed] = useState<Listed[] | null>(null);
  const [chosen, setChosen] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const there = row.guests.map(nameOf);
    const wanted = bare(languageOf(row));
    const rank = (one: Listed): number => (there.includes(one.name) ? 0 : one.languages.some((spoken) => bare(spoken) === wanted) ? 1 : 2);
    void run(store, async () => {
      const { interpreters } = await store.session.api.get<{ interpreters: Listed[] }>("/v1/interpreters");
      const found = interpreters.filter((one) => one.active).sort((a, b) => rank(a) - rank(b));
      setListed(found);
      setChosen(found[0]?.id ?? "");
    });
  }, [row.id]);
  if (!listed) return null;
  const ring = (): void => {
    setBusy(true);
    void run(store, () => store.session.api.post<Row>(`/v1/visits/${row.visit.id}/interpreter`, { interpreter_id: chosen })).finally(() => setBusy(false));
  };
  const spoken = (one: Listed): string => one.languages.map((code) => words.value.common.language(code)).join(", ");
  return (
    <section class="by-phone" aria-label={w.phoneTitle}>
      <h3>{w.phoneTitle}</h3>
      {listed.length === 0 ? (
        <p>{w.phoneNone}</p>
      ) : (
        <>
          <SelectField id="ring-interpreter" label={w.scope.interpreter} hint={w.phoneHint} faults={[]} value={chosen} onValue={setChosen} options={listed.map((one): [string, string] => [one.id, `${one.name} (${spoken(one)})`])} />
          <p>
            <button type="button" class="button" disabled={busy} onClick={ring}>
              {w.phoneRing}
            </button>
          </p>
        </>
      )}
    </section>
  );
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
      {isInRoom(row) && isHost(store, row) && !row.person.needs.some((need) => need.kind === "signing" || need.kind === "deaf") && <ByPhone store={store} row={row} />}
    </div>
  );
}
