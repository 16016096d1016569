/** The practice's own number, and whom an emergency is texted to. */
import { batch, signal } from "@preact/signals";
import { focusAdded, TextField } from "./fields";
import { Close, Plus, Warning } from "./icons";
import { Panel, PanelForm, Said } from "./panel";
import { Sending } from "./sending";
import type { Session } from "./session";
import { settingsWords } from "./settings-words";
import { ErrorBox } from "./shell";

export interface Phones {
  sms_number: string | null;
  on_call: string[];
}

const MOST = 5;

export class PhonesStore extends Sending {
  readonly own = signal("");
  readonly onCall = signal<string[]>([]);
  readonly saved = signal<Phones>({ sms_number: null, on_call: [] });

  constructor(
    readonly session: Session,
    phones: Phones,
  ) {
    super();
    this.#show(phones);
  }

  #show(phones: Phones): void {
    batch(() => {
      this.saved.value = phones;
      this.own.value = phones.sms_number ?? "";
      this.onCall.value = phones.on_call;
    });
  }

  edit(at: number, number: string): void {
    this.said.value = "";
    this.onCall.value = this.onCall.value.map((one, place) => (place === at ? number : one));
  }

  async save(): Promise<void> {
    await this.send(async () => {
      const on_call = this.onCall.value.map((one) => one.trim());
      this.#show(await this.session.api.put<Phones>("/v1/practice/phones", { sms_number: this.own.value.trim() || null, on_call }));
      this.said.value = settingsWords.value.saved;
    }, "phones-");
  }
}

export function PhonesPanel({ store }: { store: PhonesStore }) {
  const w = settingsWords.value.phones;
  const faults = store.faults.value;
  return (
    <Panel id="phones-title" title={w.title}>
      <ErrorBox sentence={store.problem.value} onClose={() => (store.problem.value = null)} />
      <PanelForm title="phones-title" sending={store} onSave={() => store.save()}>
        <div class="settings-narrow">
          <TextField
            id="phones-sms_number"
            label={w.own}
            hint={w.ownHint}
            type="tel"
            value={store.own.value}
            onValue={(own) => {
              store.said.value = "";
              store.own.value = own;
            }}
            faults={faults}
            input={{ autocomplete: "off", dir: "ltr" }}
          />
        </div>
        <p class="hint">{w.alarm}</p>
        {store.saved.value.on_call.length === 0 && (
          <p class="notice notice-amber">
            <Warning /> <span>{w.nobody}</span>
          </p>
        )}
        {store.onCall.value.map((number, at) => (
          <div class="settings-narrow on-call" key={at}>
            <TextField
              id={`phones-on_call-${at}`}
              label={w.onCall(at + 1)}
              type="tel"
              value={number}
              onValue={(typed) => store.edit(at, typed)}
              faults={faults}
              input={{ autocomplete: "off", dir: "ltr" }}
            />
            <button
              type="button"
              class="button button-square"
              aria-label={w.remove(at + 1)}
              onClick={() => {
                store.faults.value = [];
                store.onCall.value = store.onCall.value.filter((_, place) => place !== at);
              }}
            >
              <Close />
            </button>
          </div>
        ))}
        <p class="button-row">
          <button type="submit" class="button button-main" disabled={store.busy.value}>
            {w.save}
          </button>
          {store.onCall.value.length < MOST && (
            <button
              type="button"
              class="button"
              onClick={() => {
                const at = store.onCall.value.length;
                store.onCall.value = [...store.onCall.value, ""];
                focusAdded(`phones-on_call-${at}`);
              }}
            >
              <Plus /> {w.add}
            </button>
          )}
          <Said sending={store} />
        </p>
      </PanelForm>
    </Panel>
  );
}
