/** A new patient: who they are, where messages go, what they need. Asked once, obeyed everywhere. */
import { useEffect, useState } from "preact/hooks";
import { ErrorSummary, SelectField, TextField, type Fault } from "./fields";
import { faultsOf, type BookingStore } from "./booking-store";
import type { FoundPerson, Need, NeedKind } from "./types";
import { words } from "./words";

const NEEDS: NeedKind[] = ["deaf", "signing", "low-sight", "minor"];
/** Languages offered for the patient and the interpreter; the pages themselves exist in the first three. */
export const LANGUAGES = ["en", "es", "ar", "pt", "fr", "de", "pl", "uk", "ro", "it", "tr", "fa", "ur", "bn", "hi", "zh", "vi", "tl", "so"];
const FIELDS: Record<string, string> = {
  given: "given",
  family: "family",
  birth_date: "birth",
  phone: "phone",
  email: "email",
  language: "language",
  zone: "zone",
};

/** `Maria Tavares` as given and family name; a phone number typed in the search goes to the phone field. */
export function splitTyped(typed: string): { given: string; family: string; phone: string } {
  if (/^[+\d][\d\s()-]*$/.test(typed)) return { given: "", family: "", phone: typed };
  const parts = typed.split(/\s+/).filter(Boolean);
  return { given: parts.slice(0, parts.length > 1 ? -1 : 1).join(" "), family: parts.length > 1 ? (parts.at(-1) ?? "") : "", phone: "" };
}

interface Draft {
  given: string;
  family: string;
  birth: string;
  phone: string;
  email: string;
  language: string;
  zone: string;
  shared: boolean;
  interpreter: string;
  needs: NeedKind[];
}

export function faultsIn(draft: Pick<Draft, "given" | "family" | "birth" | "phone" | "email">): Fault[] {
  const m = words.value.person.missing;
  const faults: Fault[] = [];
  if (!draft.family.trim()) faults.push({ field: "family", text: m.family });
  if (!draft.birth) faults.push({ field: "birth", text: m.birth });
  if (!draft.phone.trim() && !draft.email.trim()) faults.push({ field: "phone", text: m.contact });
  return faults;
}

function bodyOf(draft: Draft): Record<string, unknown> {
  const needs: Need[] = draft.needs.map((kind) => ({ kind, detail: null }));
  if (draft.interpreter) needs.push({ kind: "interpreter", detail: draft.interpreter });
  if (draft.shared) needs.push({ kind: "shared-device", detail: null });
  return {
    given: draft.given.trim(),
    family: draft.family.trim(),
    birth_date: draft.birth,
    language: draft.language,
    zone: draft.zone,
    needs,
    ...(draft.phone.trim() ? { phone: draft.phone.trim(), phone_private: !draft.shared } : {}),
    ...(draft.email.trim() ? { email: draft.email.trim() } : {}),
  };
}

export function AddPerson({ store, typed }: { store: BookingStore; typed: string }) {
  const w = words.value;
  const practice = store.session.me.practice;
  const [draft, setDraft] = useState<Draft>(() => ({
    ...splitTyped(typed),
    birth: "",
    email: "",
    language: practice.locale.split("-")[0] ?? "en",
    zone: practice.zone,
    shared: false,
    interpreter: "",
    needs: [],
  }));
  const [faults, setFaults] = useState<Fault[]>([]);
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  useEffect(() => document.getElementById("given")?.focus(), []);

  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const missing = faultsIn(draft);
    setFaults(missing);
    if (missing.length > 0 || busy) return;
    setBusy(true);
    try {
      store.choosePerson(await store.session.api.post<FoundPerson>("/v1/people", bodyOf(draft)));
    } catch (error) {
      setFaults(faultsOf(error, FIELDS));
      setBusy(false);
    }
  };

  const field = (id: "given" | "family" | "phone" | "email") => ({
    id,
    label: w.person[id],
    value: draft[id],
    onValue: (value: string) => set({ [id]: value }),
    faults,
  });
  const languages = LANGUAGES.map((code): [string, string] => [code, w.common.language(code)]);
  return (
    <form class="add" onSubmit={(event) => void save(event)} noValidate aria-labelledby="add-title">
      <h2 id="add-title">{w.person.title}</h2>
      <ErrorSummary faults={faults} />
      <div class="pair">
        <TextField {...field("given")} optional input={{ autocomplete: "off" }} />
        <TextField {...field("family")} input={{ autocomplete: "off" }} />
      </div>
      <div class="pair">
        <TextField id="birth" label={w.person.birth} type="date" value={draft.birth} onValue={(birth) => set({ birth })} faults={faults} />
        <SelectField
          id="language"
          label={w.person.language}
          value={draft.language}
          onValue={(language) => set({ language })}
          options={languages}
          faults={faults}
        />
      </div>
      <div class="pair">
        <TextField {...field("phone")} type="tel" hint={w.person.phoneHint} input={{ autocomplete: "off" }} />
        <TextField {...field("email")} type="email" optional input={{ autocomplete: "off" }} />
      </div>
      <label class="check">
        <input type="checkbox" checked={draft.shared} onChange={(event) => set({ shared: event.currentTarget.checked })} />
        <span>
          <strong>{w.person.shared}</strong>
          <span class="hint">{w.person.sharedHint}</span>
        </span>
      </label>
      <div class="pair">
        <SelectField
          id="zone"
          label={w.person.zone}
          value={draft.zone}
          onValue={(zone) => set({ zone })}
          options={zones(practice.zone).map((zone) => [zone, zone.replaceAll("_", " ")])}
          faults={faults}
        />
        <SelectField
          id="interpreter"
          label={w.person.interpreterFor}
          value={draft.interpreter}
          onValue={(interpreter) => set({ interpreter })}
          options={[["", w.ready.noInterpreter], ...languages]}
          faults={faults}
        />
      </div>
      <fieldset class="checks">
        <legend>{w.person.needs}</legend>
        {NEEDS.map((kind) => (
          <label key={kind} class="check">
            <input
              type="checkbox"
              checked={draft.needs.includes(kind)}
              onChange={(event) =>
                set({ needs: event.currentTarget.checked ? [...draft.needs, kind] : draft.needs.filter((one) => one !== kind) })
              }
            />
            <span>{w.needs[kind]}</span>
          </label>
        ))}
      </fieldset>
      <p class="button-row">
        <button type="submit" class="button button-main" disabled={busy}>
          {busy ? w.person.saving : w.person.save}
        </button>
        <button type="button" class="button" onClick={() => (store.adding.value = null)}>
          {w.common.cancel}
        </button>
      </p>
    </form>
  );
}

/** Every zone this browser knows, the clinic's first (Intl.supportedValuesOf is younger than our browser floor). */
export function zones(first: string): string[] {
  const intl = Intl as typeof Intl & { supportedValuesOf?: (key: "timeZone") => string[] };
  const all = intl.supportedValuesOf?.("timeZone") ?? [];
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [...new Set([first, own, ...all])];
}
