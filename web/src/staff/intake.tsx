/** What the clinic was told before the visit: known or not at a glance, all of it on demand, filled in by staff. */
import { useState } from "preact/hooks";
import { Problem } from "../lib/api";
import { locale } from "../lib/i18n";
import { INTAKE } from "../messages/intake";
import type { BoardStore } from "./board-store";
import { Dialog } from "./dialog";
import { TextField, type Fault } from "./fields";
import { Warning } from "./icons";
import { explain } from "./session";
import type { Row } from "./types";

interface Props {
  store: BoardStore;
  row: Row;
}

interface Form {
  id: string;
  title: string;
  status: "requested" | "in-progress" | "completed";
  result?: { score: number | null; most: number; band: string } | null;
  answers: { text: string; answer: string; alert: boolean }[];
}

interface Whole {
  facts: { reason: string; place: string; region: string; phone: string; contact: string; contact_phone: string };
  by_staff: boolean;
  questionnaires: Form[];
}

type Name = keyof Whole["facts"];
const NAMES: Name[] = ["reason", "place", "region", "phone", "contact", "contact_phone"];

export function IntakePart({ store, row }: Props) {
  const w = INTAKE[locale.value];
  const [whole, setWhole] = useState<Whole | null>(null);
  const [editing, setEditing] = useState(false);
  const { intake } = row;
  const path = `/v1/appointments/${row.id}`;
  const load = async (then: () => void = () => undefined): Promise<void> => {
    try {
      setWhole(await store.session.api.get<Whole>(`${path}/intake`));
      then();
    } catch (error) {
      store.problem.value = explain(error);
    }
  };
  const decide = (decision: "go-on" | "stop"): void =>
    void store.session.api.post(`${path}/licence`, { decision }).catch((error: unknown) => (store.problem.value = explain(error)));
  return (
    <section class="company" aria-label={w.title}>
      <h3>{w.title}</h3>
      {intake.alarm && (
        <p class="word-bad" role="alert">
          <Warning /> {w.alarm}
        </p>
      )}
      {!(intake.place && intake.phone) && <p class="word-warn">{w.missing}</p>}
      {intake.licence === "outside" && (
        <p class="word-warn">
          {w.outside(whole?.facts.region || w.place)}
          {intake.decision ? (
            <> {w.decided[intake.decision]}</>
          ) : (
            row.provider.id === store.myId && (
              <>
                {" "}
                <button type="button" class="button" onClick={() => decide("go-on")}>
                  {w.goOn}
                </button>{" "}
                <button type="button" class="button" onClick={() => decide("stop")}>
                  {w.stop}
                </button>
              </>
            )
          )}
        </p>
      )}
      {whole ? <Told whole={whole} /> : intake.reason && <p dir="auto">{intake.reason}</p>}
      <p>
        {!whole && (
          <button type="button" class="button" onClick={() => void load()}>
            {w.show}
          </button>
        )}{" "}
        <button type="button" class="button" onClick={() => void load(() => setEditing(true))}>
          {w.fillIn}
        </button>
      </p>
      {editing && whole && (
        <FillIn
          store={store}
          row={row}
          whole={whole}
          onClose={(next) => {
            if (next) setWhole(next);
            setEditing(false);
          }}
        />
      )}
    </section>
  );
}

function Told({ whole }: { whole: Whole }) {
  const w = INTAKE[locale.value];
  return (
    <>
      <dl class="told">
        {NAMES.map((name) => (
          <div key={name}>
            <dt>{w[name]}</dt>
            <dd dir="auto">{whole.facts[name] || w.unknown}</dd>
          </div>
        ))}
      </dl>
      {whole.by_staff && <p class="hint">{w.byStaff}</p>}
      {whole.questionnaires.map((form) => (
        <details key={form.id}>
          <summary>
            <bdi>{form.title}</bdi>:{" "}
            {form.result && form.result.score !== null ? w.score(form.result.score, form.result.most, form.result.band) : form.status === "requested" ? w.requested : w.started}
          </summary>
          <ul>
            {form.answers.map((one) => (
              <li key={one.text} class={one.alert ? "word-bad" : ""}>
                <span dir="auto">
                  {one.text}: <strong>{one.answer}</strong>
                </span>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </>
  );
}

function FillIn({ store, row, whole, onClose }: Props & { whole: Whole; onClose: (next: Whole | null) => void }) {
  const w = INTAKE[locale.value];
  const [values, setValues] = useState(whole.facts);
  const [faults, setFaults] = useState<Fault[]>([]);
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    setFaults([]);
    try {
      const said = Object.fromEntries(NAMES.filter((name) => values[name] !== whole.facts[name]).map((name) => [name, values[name]]));
      onClose(await store.session.api.post<Whole>(`/v1/appointments/${row.id}/intake`, said));
    } catch (error) {
      if (error instanceof Problem && error.errors.length > 0) setFaults(error.errors.map(({ pointer, detail }) => ({ field: `intake-${pointer.slice(1)}`, text: detail })));
      else store.problem.value = explain(error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={w.title} onClose={() => onClose(null)}>
      {NAMES.map((name) => (
        <TextField key={name} id={`intake-${name}`} label={w[name]} faults={faults} value={values[name]} onValue={(value) => setValues({ ...values, [name]: value })} input={{ autocomplete: "off" }} />
      ))}
      <p class="dialog-actions">
        <button type="button" class="button button-main" disabled={busy} onClick={() => void save()}>
          {w.save}
        </button>
        <button type="button" class="button" onClick={() => onClose(null)}>
          {w.cancel}
        </button>
      </p>
    </Dialog>
  );
}
