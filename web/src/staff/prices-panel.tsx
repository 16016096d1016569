/** What a part of a message costs: nothing is guessed, and what was sent before keeps its price. */
import { batch, signal } from "@preact/signals";
import { ErrorSummary, faultsAt, TextField, type Fault } from "./fields";
import { Tick } from "./icons";
import { Panel } from "./panel";
import { explain, type Session } from "./session";
import { settingsWords } from "./settings-words";
import { ErrorBox } from "./shell";

export interface Price {
  amount: string;
  currency: string;
}
export type Prices = Record<"sms" | "email" | "voice", Price | null>;

const CHANNELS = ["sms", "email", "voice"] as const;
const EMPTY: Price = { amount: "", currency: "" };

export class PricesStore {
  readonly draft = signal<Record<(typeof CHANNELS)[number], Price>>({ sms: EMPTY, email: EMPTY, voice: EMPTY });
  readonly faults = signal<Fault[]>([]);
  readonly busy = signal(false);
  readonly said = signal("");
  readonly problem = signal<string | null>(null);

  constructor(
    readonly session: Session,
    prices: Prices,
  ) {
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
    if (this.busy.value) return;
    batch(() => {
      this.busy.value = true;
      this.faults.value = [];
      this.problem.value = null;
      this.said.value = "";
    });
    try {
      const body = Object.fromEntries(CHANNELS.map((one) => [one, priceOf(this.draft.value[one])]));
      this.#show(await this.session.api.put<Prices>("/v1/practice/message-prices", body));
      this.said.value = settingsWords.value.saved;
    } catch (error) {
      const { amountFault, currencyFault } = settingsWords.value.prices;
      const plain = (field: string, text: string): string => (field.endsWith("-amount") ? amountFault : field.endsWith("-currency") ? currencyFault : text);
      this.faults.value = faultsAt(error, "prices-").map(({ field, text }) => ({ field, text: plain(field, text) }));
      if (this.faults.value.length === 0) this.problem.value = explain(error);
    } finally {
      this.busy.value = false;
    }
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
      <form
        class="panel-form"
        noValidate
        aria-labelledby="prices-title"
        onSubmit={(event) => {
          event.preventDefault();
          void store.save();
        }}
      >
        <ErrorSummary faults={faults} />
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
          <span role="status" class="word-good">
            {store.said.value && (
              <>
                <Tick /> {store.said.value}
              </>
            )}
          </span>
        </p>
      </form>
    </Panel>
  );
}
