/** What a part of a message costs: nothing is guessed, and what was sent before keeps its price. */
import { signal } from "@preact/signals";
import { TextField } from "./fields";
import { Panel, PanelForm, Said } from "./panel";
import { Sending } from "./sending";
import type { Session } from "./session";
import { settingsWords } from "./settings-words";
import { ErrorBox } from "./shell";

export interface Price {
  amount: string;
  currency: string;
}
export type Prices = Record<"sms" | "email" | "voice", Price | null>;

const CHANNELS = ["sms", "email", "voice"] as const;
const EMPTY: Price = { amount: "", currency: "" };

export class PricesStore extends Sending {
  readonly draft = signal<Record<(typeof CHANNELS)[number], Price>>({ sms: EMPTY, email: EMPTY, voice: EMPTY });

  constructor(
    readonly session: Session,
    prices: Prices,
  ) {
    super();
    this.#show(prices);
  }

  #show(prices: Prices): void {
    this.draft.value = { sms: prices.sms ?? EMPTY, email: prices.email ?? EMPTY, voice: prices.voice ?? EMPTY };
  }

  edit(channel: (typeof CHANNELS)[number], part: Partial<Price>): void {
    this.said.value = "";
    this.draft.value = { ...this.draft.value, [channel]: { ...this.draft.value[channel], ...part } };
  }

  async save(): Promise<void> {
    const done = await this.send(async () => {
      const body = Object.fromEntries(CHANNELS.map((one) => [one, priceOf(this.draft.value[one])]));
      this.#show(await this.session.api.put<Prices>("/v1/practice/message-prices", body));
      this.said.value = settingsWords.value.saved;
    }, "prices-");
    if (done) return;
    const { amountFault, currencyFault } = settingsWords.value.prices;
    const plain = (field: string, text: string): string => (field.endsWith("-amount") ? amountFault : field.endsWith("-currency") ? currencyFault : text);
    this.faults.value = this.faults.value.map(({ field, text }) => ({ field, text: plain(field, text) }));
  }
}

/** As the server reads it: a decimal point, an upper-case code; null when nothing is entered. */
export function priceOf({ amount, currency }: Price): Price | null {
  const typed = { amount: amount.trim().replace(",", "."), currency: currency.trim().toUpperCase() };
  return typed.amount || typed.currency ? typed : null;
}

export function PricesPanel({ store }: { store: PricesStore }) {
  const w = settingsWords.value.prices;
  const faults = store.faults.value;
  return (
    <Panel id="prices-title" title={w.title}>
      <ErrorBox sentence={store.problem.value} onClose={() => (store.problem.value = null)} />
      <p class="hint">{w.hint}</p>
      <PanelForm title="prices-title" sending={store} onSave={() => store.save()}>
        {CHANNELS.map((channel) => (
          <fieldset key={channel} class="price" id={`prices-${channel}`} tabIndex={-1}>
            <legend>{w.channels[channel]}</legend>
            <div class="rule-fields">
              <TextField
                id={`prices-${channel}-amount`}
                label={w.amount}
                value={store.draft.value[channel].amount}
                onValue={(amount) => store.edit(channel, { amount })}
                faults={faults}
                input={{ inputMode: "decimal", autocomplete: "off", dir: "ltr" }}
              />
              <TextField
                id={`prices-${channel}-currency`}
                label={w.currency}
                value={store.draft.value[channel].currency}
                onValue={(currency) => store.edit(channel, { currency })}
                faults={faults}
                input={{ maxLength: 3, autocomplete: "off", dir: "ltr" }}
              />
            </div>
          </fieldset>
        ))}
        <p class="button-row">
          <button type="submit" class="button button-main" disabled={store.busy.value}>
            {w.save}
          </button>
          <Said sending={store} />
        </p>
      </PanelForm>
    </Panel>
  );
}
