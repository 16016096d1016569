/** The plan of messages: one row for each, switched on and off, moved, and sent another way. */
import { focusAdded, SelectField, TextField, type Fault } from "./fields";
import { Close, Plus } from "./icons";
import { Panel, PanelForm, Said } from "./panel";
import type { PlanStore, RuleDraft, Unit } from "./plan-store";
import { settingsWords } from "./settings-words";
import { ErrorBox } from "./shell";

const UNITS: Record<RuleDraft["kind"], Unit[]> = {
  confirmation: [],
  reminder: ["days", "hours", "minutes"],
  unconfirmed: ["hours", "minutes"],
  link: ["minutes"],
  rescue: ["after"],
  noshow: ["after"],
};
const WAYS = ["sms,voice,email", "email,sms,voice", "sms", "email"];

export function PlanPanel({ store }: { store: PlanStore }) {
  const w = settingsWords.value;
  const plan = store.plan.value;
  const faults = store.faults.value;
  return (
    <Panel id="plan-title" title={w.plan.title}>
      <ErrorBox sentence={store.problem.value} onClose={() => (store.problem.value = null)} />
      <SelectField
        key={store.problem.value}
        id="plan-owner"
        label={w.plan.whose}
        value={store.owner.value}
        onValue={(owner) => store.open(owner)}
        options={[["", w.plan.practice], ...store.kinds.map((one): [string, string] => [one.id, one.name])]}
        faults={[]}
      />
      <p class="hint">{w.plan.hint}</p>
      {store.owner.value && !store.own && <p class="notice">{w.plan.standIn}</p>}
      {!store.owner.value && plan.source === "default" && <p class="hint">{w.plan.standard}</p>}
      {!store.mayEdit && <p class="hint">{w.plan.readOnly}</p>}
      <PanelForm title="plan-title" sending={store} onSave={() => store.save()}>
        <fieldset class="rules" disabled={!store.mayEdit} id="rules" tabIndex={-1}>
          <legend class="sr-only">{w.plan.title}</legend>
          {store.draft.value.map((rule, at) => (
            <RuleRow key={`${at} ${rule.kind}`} store={store} rule={rule} at={at} faults={faults} />
          ))}
        </fieldset>
        {store.mayEdit && <Buttons store={store} />}
      </PanelForm>
    </Panel>
  );
}

function Buttons({ store }: { store: PlanStore }) {
  const w = settingsWords.value;
  return (
    <p class="button-row">
      <button type="submit" class="button button-main" disabled={store.busy.value}>
        {w.plan.save}
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          const at = store.add();
          focusAdded(`rules-${at}-days`);
        }}
      >
        <Plus /> {w.plan.add}
      </button>
      {store.own && (
        <button type="button" class="button" disabled={store.busy.value} onClick={() => void store.forget()}>
          {store.owner.value ? w.plan.forgetType : w.plan.forgetPractice}
        </button>
      )}
      {store.changed && (
        <button type="button" class="button" onClick={() => store.undo()}>
          {w.undo}
        </button>
      )}
      {store.changed && <span class="word-warn">{w.unsaved}</span>}
      <Said sending={store} />
    </p>
  );
}

interface RowProps {
  store: PlanStore;
  rule: RuleDraft;
  at: number;
  faults: Fault[];
}

function RuleRow({ store, rule, at, faults }: RowProps) {
  const w = settingsWords.value.plan;
  const name = w.kinds[rule.kind];
  const ways = WAYS.includes(rule.channels) || rule.kind === "unconfirmed" || rule.kind === "noshow" ? WAYS : [...WAYS, rule.channels];
  const double = faults.find((one) => one.field === `rules-${at}-kind`);
  const forStaff = rule.channels === "call";
  return (
    <div class={rule.on ? "rule" : "rule rule-off"} role="group" aria-label={name} id={`rules-${at}-kind`} tabIndex={-1}>
      <label class="check">
        <input type="checkbox" checked={rule.on} aria-label={w.on(name)} onChange={(event) => store.edit(at, { on: event.currentTarget.checked })} />
        <strong>{name}</strong>
      </label>
      {double && <p class="fault">{double.text}</p>}
      <div class="rule-fields">
        {rule.kind === "confirmation" ? <p class="rule-once">{w.atOnce}</p> : <When store={store} rule={rule} at={at} faults={faults} />}
        {forStaff ? (
          <p class="rule-once">{w.ways["call"]}</p>
        ) : (
          <SelectField
            id={`rules-${at}-channels`}
            label={w.channels}
            value={rule.channels}
            onValue={(channels) => store.edit(at, { channels })}
            options={ways.map((way) => [way, w.ways[way] ?? way])}
            faults={faults}
          />
        )}
        {rule.kind === "reminder" && store.mayEdit && (
          <button type="button" class="button button-square" aria-label={w.remove(`${name} ${rule.amount} ${w.units[rule.unit]}`)} onClick={() => store.remove(at)}>
            <Close />
          </button>
        )}
      </div>
    </div>
  );
}

function When({ store, rule, at, faults }: RowProps) {
  const w = settingsWords.value.plan;
  const units = UNITS[rule.kind];
  const field = rule.unit === "days" ? "days" : "minutes";
  const amount = (
    <TextField
      id={`rules-${at}-${field}`}
      label={units.length > 1 ? w.amount : w.units[rule.unit]}
      type="number"
      value={rule.amount}
      onValue={(typed) => store.edit(at, { amount: typed })}
      faults={faults}
      input={{ min: 1, step: 1, inputMode: "numeric" }}
    />
  );
  if (units.length < 2) return amount;
  return (
    <>
      {amount}
      <SelectField
        id={`rules-${at}-unit`}
        label={w.unit}
        value={rule.unit}
        onValue={(unit) => store.edit(at, { unit: unit as Unit })}
        options={units.map((unit) => [unit, w.units[unit]])}
        faults={[]}
      />
    </>
  );
}
