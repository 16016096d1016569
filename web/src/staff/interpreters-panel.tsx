/** Who is asked when a visit needs an interpreter: name, number and languages. */
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { LANGUAGES } from "./add-person";
import { SIGN } from "./ask-interpreters";
import { ErrorSummary, TextField } from "./fields";
import { Panel } from "./panel";
import { Sending } from "./sending";
import { explain, type Session } from "./session";
import { settingsWords } from "./settings-words";
import { ErrorBox } from "./shell";
import { words } from "./words";

export interface Interpreter {
  id: string;
  name: string;
  phone: string;
  languages: string[];
  active: boolean;
}

export class InterpretersStore extends Sending {
  readonly all = signal<Interpreter[]>([]);

  constructor(
    readonly session: Session,
    all: Interpreter[],
  ) {
    super();
    this.all.value = all;
  }

  add(body: Omit<Interpreter, "id" | "active">): Promise<boolean> {
    return this.send(async () => {
      const made = await this.session.api.post<Interpreter>("/v1/interpreters", body);
      this.all.value = [...this.all.value, made].sort((a, b) => a.name.localeCompare(b.name));
    }, "interpreters-");
  }

  async setActive(one: Interpreter, active: boolean): Promise<void> {
    this.problem.value = null;
    try {
      const { name, phone, languages } = one;
      const changed = await this.session.api.put<Interpreter>(`/v1/interpreters/${one.id}`, { name, phone, languages, active });
      this.all.value = this.all.value.map((other) => (other.id === one.id ? changed : other));
    } catch (error) {
      this.problem.value = explain(error);
    }
  }
}

export function InterpretersPanel({ store }: { store: InterpretersStore }) {
  const w = settingsWords.value.interpreters;
  return (
    <Panel id="interpreters-title" title={w.title}>
      <p class="hint">{w.hint}</p>
      <ErrorBox sentence={store.problem.value} onClose={() => (store.problem.value = null)} />
      {store.all.value.length === 0 ? (
        <p>{w.none}</p>
      ) : (
        <ul class="interpreters">
          {store.all.value.map((one) => (
            <li key={one.id}>
              <span>
                <strong>
                  <bdi>{one.name}</bdi>
                </strong>{" "}
                <bdi>{one.phone}</bdi>
                <br />
                {one.languages.map((code) => words.value.common.language(code)).join(", ")}
                {!one.active && <span class="word-quiet"> · {w.off}</span>}
              </span>
              <button type="button" class="button" onClick={() => void store.setActive(one, !one.active)}>
                {one.active ? w.stop : w.again}
                <span class="sr-only"> {one.name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <Add store={store} />
    </Panel>
  );
}

function Add({ store }: { store: InterpretersStore }) {
  const w = settingsWords.value.interpreters;
  const [name, setName] = useState("");
  const [phone, setPhone] = useState("");
  const [languages, setLanguages] = useState<string[]>([]);
  const faults = store.faults.value;
  const refuse = (field: string, text: string): void => void (store.faults.value = [{ field, text }]);
  const save = async (): Promise<void> => {
    if (!name.trim()) return refuse("interpreters-name", w.nameFault);
    if (languages.length === 0) return refuse(`interpreters-language-${LANGUAGES[0]}`, w.choose);
    if (!(await store.add({ name: name.trim(), phone: phone.trim(), languages }))) return;
    setName("");
    setPhone("");
    setLanguages([]);
  };
  const toggle = (code: string, on: boolean): void => setLanguages(on ? [...languages, code] : languages.filter((one) => one !== code));
  return (
    <form
      class="panel-form"
      noValidate
      aria-label={w.add}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <ErrorSummary faults={faults} />
      <div class="pair">
        <TextField id="interpreters-name" label={w.name} value={name} onValue={setName} faults={faults} input={{ maxLength: 80, autocomplete: "off" }} />
        <TextField id="interpreters-phone" label={w.phone} type="tel" value={phone} onValue={setPhone} faults={faults} input={{ autocomplete: "off", dir: "ltr" }} />
      </div>
      <fieldset class="checks tongues">
        <legend>{w.languages}</legend>
        {[...LANGUAGES, SIGN].map((code) => (
          <label key={code} class="check">
            <input id={`interpreters-language-${code}`} type="checkbox" checked={languages.includes(code)} onChange={(event) => toggle(code, event.currentTarget.checked)} />
            <span>{words.value.common.language(code)}</span>
          </label>
        ))}
      </fieldset>
      <p class="button-row">
        <button type="submit" class="button button-main" disabled={store.busy.value}>
          {w.save}
        </button>
      </p>
    </form>
  );
}
