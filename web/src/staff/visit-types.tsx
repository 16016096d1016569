/** The kinds of visit: what they are called, how long they take, how they are held and who may book them. */
import { ErrorSummary, SelectField, TextField } from "./fields";
import { Panel } from "./panel";
import type { HoursStore, TypeDraft } from "./hours-store";
import { Plus } from "./icons";
import { scheduleWords } from "./schedule-words";
import type { VisitType } from "./types";
import { words } from "./words";

const BOOKERS = ["provider", "scheduler", "admin"] as const;
const MODALITIES = ["video", "phone", "in-person"] as const;
const NEW: TypeDraft = { id: null, name: "", minutes: 15, modality: "video", before: 0, after: 0, booked_by: [...BOOKERS], active: true };

export function VisitTypes({ store }: { store: HoursStore }) {
  const w = scheduleWords.value.kinds;
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
  const w = scheduleWords.value.kinds;
  const m = words.value.common.minutes;
  const buffers = [kind.before && w.before(m(kind.before)), kind.after && w.after(m(kind.after))].filter(Boolean).join(", ");
  const bookers = kind.booked_by.length === BOOKERS.length ? "" : w.onlyBy(kind.booked_by.map((role) => w.role[role as (typeof BOOKERS)[number]]).join(", "));
  return (
    <li>
      <strong>{kind.name}</strong>
      <span>{[m(kind.minutes), w.modality[kind.modality as (typeof MODALITIES)[number]], buffers, bookers].filter(Boolean).join(" · ")}</span>
      {store.mayEditKinds && (
        <button type="button" class="button" aria-label={w.changeNamed(kind.name)} onClick={() => (store.kind.value = { ...kind, active: true })}>
          {words.value.book.change}
        </button>
      )}
    </li>
  );
}

function KindForm({ store, draft }: { store: HoursStore; draft: TypeDraft }) {
  const w = scheduleWords.value.kinds;
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
      <fieldset class="checks">
        <legend>{w.bookers}</legend>
        {BOOKERS.map((role) => (
          <label key={role} class="check">
            <input
              type="checkbox"
              checked={draft.booked_by.includes(role)}
              onChange={(event) =>
                set({ booked_by: event.currentTarget.checked ? [...draft.booked_by, role] : draft.booked_by.filter((one) => one !== role) })
              }
            />
            <span>{w.role[role]}</span>
          </label>
        ))}
      </fieldset>
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
