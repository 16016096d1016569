/** The kinds of visit: what they are called, how long they take, how they are held, who offers and who may book them. */
import { locale } from "../lib/i18n";
import { KINDS } from "../messages/kinds";
import { ErrorSummary, SelectField, TextField } from "./fields";
import { Panel } from "./panel";
import type { HoursStore, TypeDraft } from "./hours-store";
import { Plus } from "./icons";
import type { VisitType } from "./types";
import { words } from "./words";

const BOOKERS = ["provider", "scheduler", "admin"] as const;
const MODALITIES = ["video", "phone", "in-person"] as const;
const NEW: TypeDraft = { id: null, name: "", minutes: 15, modality: "video", before: 0, after: 0, booked_by: [...BOOKERS], offered_by: [], active: true };

export function VisitTypes({ store }: { store: HoursStore }) {
  const w = KINDS[locale.value];
  const draft = store.kind.value;
  return (
    <Panel id="kinds-title" title={w.title}>
      {store.kinds.value.length === 0 && <p class="quiet">{words.value.book.noTypes}</p>}
      <ul class="days">
        {store.kinds.value.map((kind) => (
          <KindLine key={kind.id} store={store} kind={kind} />
        ))}
      </ul>
      {store.mayEditKinds && !draft && (
        <p>
          <button type="button" class="button" onClick={() => (store.kind.value = NEW)}>
            <Plus /> {w.add}
          </button>
        </p>
      )}
      {!store.mayEditKinds && <p class="hint">{w.adminOnly}</p>}
      {draft && <KindForm store={store} draft={draft} />}
    </Panel>
  );
}

function KindLine({ store, kind }: { store: HoursStore; kind: VisitType }) {
  const w = KINDS[locale.value];
  const m = words.value.common.minutes;
  const buffers = [kind.before && w.before(m(kind.before)), kind.after && w.after(m(kind.after))].filter(Boolean).join(", ");
  const bookers = kind.booked_by.length === BOOKERS.length ? "" : w.onlyBy(kind.booked_by.map((role) => w.role[role as (typeof BOOKERS)[number]]).join(", "));
  const names = store.providers.filter((one) => kind.offered_by.includes(one.id)).map((one) => one.name);
  const offerers = names.length > 0 ? w.withOnly(names.join(", ")) : "";
  return (
    <li>
      <strong>{kind.name}</strong>
      <span>{[m(kind.minutes), w.modality[kind.modality as (typeof MODALITIES)[number]], buffers, offerers, bookers].filter(Boolean).join(" · ")}</span>
      {store.mayEditKinds && (
        <button type="button" class="button" aria-label={w.changeNamed(kind.name)} onClick={() => (store.kind.value = { ...kind, active: true })}>
          {words.value.book.change}
        </button>
      )}
    </li>
  );
}

function KindForm({ store, draft }: { store: HoursStore; draft: TypeDraft }) {
  const w = KINDS[locale.value];
  const faults = store.faults.value.filter((one) => one.field.startsWith("kind-"));
  const set = (part: Partial<TypeDraft>): void => {
    store.kind.value = { ...draft, ...part };
  };
  const minutes = (name: "minutes" | "before" | "after", label: string) => (
    <TextField
      id={`kind-${name}`}
      label={label}
      type="number"
      value={String(draft[name])}
      onValue={(value) => set({ [name]: Number(value) })}
      faults={faults}
      input={{ min: name === "minutes" ? 5 : 0, step: 5 }}
    />
  );
  return (
    <form
      class="panel-form"
      noValidate
      aria-label={draft.id ? w.changeNamed(draft.name) : w.add}
      onSubmit={(event) => {
        event.preventDefault();
        void store.saveKind(draft);
      }}
    >
      <ErrorSummary faults={faults} />
      <div class="pair">
        <TextField id="kind-name" label={w.name} value={draft.name} onValue={(name) => set({ name })} faults={faults} />
        <SelectField
          id="kind-modality"
          label={w.how}
          value={draft.modality}
          onValue={(modality) => set({ modality })}
          options={MODALITIES.map((modality) => [modality, w.modality[modality]])}
          faults={faults}
        />
      </div>
      <div class="pair">
        {minutes("minutes", w.length)}
        {minutes("before", w.bufferBefore)}
        {minutes("after", w.bufferAfter)}
      </div>
      <Checks legend={w.offerers} of={store.providers.map((one): [string, string] => [one.id, one.name])} chosen={draft.offered_by} onChosen={(offered_by) => set({ offered_by })} />
      <p class="hint">{w.offerersHint}</p>
      <Checks legend={w.bookers} of={BOOKERS.map((role): [string, string] => [role, w.role[role]])} chosen={draft.booked_by} onChosen={(booked_by) => set({ booked_by })} />
      <p class="button-row">
        <button type="submit" class="button button-main" disabled={store.busy.value}>
          {w.save}
        </button>
        {draft.id && (
          <button type="button" class="button" onClick={() => void store.saveKind({ ...draft, active: false })}>
            {w.stop}
          </button>
        )}
        <button type="button" class="button" onClick={() => (store.kind.value = null)}>
          {words.value.common.cancel}
        </button>
      </p>
      <p class="hint">{w.keeps}</p>
    </form>
  );
}

interface ChecksProps {
  legend: string;
  of: [string, string][];
  chosen: string[];
  onChosen: (chosen: string[]) => void;
}

function Checks({ legend, of, chosen, onChosen }: ChecksProps) {
  return (
    <fieldset class="checks">
      <legend>{legend}</legend>
      {of.map(([id, name]) => (
        <label key={id} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(id)}
            onChange={(event) => onChosen(event.currentTarget.checked ? [...chosen, id] : chosen.filter((one) => one !== id))}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
