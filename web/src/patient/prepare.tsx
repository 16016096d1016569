import { effect } from "@preact/signals";
import { createContext, render, type InputHTMLAttributes } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { Problem } from "../lib/api";
import { locale, tag } from "../lib/i18n";
import type { Locale } from "../lib/locale";
import { fill } from "../lib/text";
import type { GuestOfVisit } from "../lib/types";
import type { PrepareMessages } from "../messages/prepare.en";
import "../styles/door.css";
import { QuestionForm, type Question } from "./questions";
import type { RoomStore } from "./store";

/** Before the visit and while waiting: the reason, where and how to ring back, the clinic's questions, who is with you. */

const LOAD: Record<Locale, () => Promise<{ default: PrepareMessages }>> = {
  en: () => import("../messages/prepare.en"),
  es: () => import("../messages/prepare.es"),
  ar: () => import("../messages/prepare.ar"),
};

export type Say = (key: keyof PrepareMessages, values?: Record<string, string>) => string;

interface Facts {
  place?: string | null;
  phone?: string | null;
}

interface Asked {
  reason: boolean;
  facts: Facts;
  kept?: Facts | null;
  questionnaires: Question[];
}

/** A context of its own: what the room's chunk holds stays there. */
const Store = createContext<RoomStore | null>(null);

export function useStore(): RoomStore {
  const store = useContext(Store);
  if (!store) throw new Error("this part is drawn by mountPrepare");
  return store;
}

/** Draws this part below the room's own screen, where there is time for it: before the visit and in line. */
export default function mountPrepare(store: RoomStore): void {
  const place = document.createElement("div");
  store.handoff.root.after(place);
  render(
    <Store.Provider value={store}>
      <WhereThereIsTime />
    </Store.Provider>,
    place,
  );
  watchOffers(store);
}

/** An earlier time, or a visit that the clinic cannot keep: that part comes when there is one. */
function watchOffers(store: RoomStore): void {
  let asked = false;
  effect(() => {
    const { offers, appointment } = store.view.value;
    if (asked || !(offers?.length || appointment.displaced)) return;
    asked = true;
    import("./offers").then((part) => part.default(store), () => (asked = false));
  });
}

function WhereThereIsTime() {
  const { screen, messages } = useStore();
  const time = screen.value === "early" || screen.value === "waiting" || screen.value === "away";
  return time && !messages.value ? <Prepare /> : null;
}

function Prepare() {
  const store = useStore();
  const { api } = store.handoff;
  const [words, setWords] = useState<PrepareMessages | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const arrived = store.view.value.appointment.status;
  useEffect(() => void LOAD[locale.value]().then((module) => setWords(module.default)), [locale.value]);
  useEffect(() => {
    // Without an answer this part stays away: nothing of the visit waits for it.
    api.get<Asked>("/v1/my/intake").then(setAsked, () => undefined);
  }, [arrived]);
  if (!words || !asked) return null;
  const say: Say = (key, values = {}) => fill(words[key], values);
  return (
    <section class="prepare" aria-labelledby="prepare-title">
      <h2 id="prepare-title">{say("title")}</h2>
      <p class="quiet">{say("readable")}</p>
      <FactsPart say={say} asked={asked} onAsked={setAsked} />
      {asked.questionnaires.length > 0 && <h3>{say("forms")}</h3>}
      {asked.questionnaires.map((one) => (
        <QuestionForm key={one.id} question={one} say={say} />
      ))}
      <Guests say={say} />
    </section>
  );
}

interface PartProps {
  say: Say;
  asked: Asked;
  onAsked: (asked: Asked) => void;
}

/** `⁦` keeps masked digits in order inside right-to-left words. */
function shown(facts: Facts): { place: string; phone: string } {
  return { place: `\u2068${facts.place ?? "–"}\u2069`, phone: `\u2066${facts.phone ?? "–"}\u2069` };
}

function FactsPart({ say, asked, onAsked }: PartProps) {
  const { api } = useStore().handoff;
  const [open, setOpen] = useState(false);
  const [trouble, setTrouble] = useState("");
  const known = asked.facts.place && asked.facts.phone;
  const keep = (): void => {
    setTrouble("");
    api.post<Asked>("/v1/my/intake", { keep: true }).then(onAsked, (error: unknown) => setTrouble(say(error instanceof Problem && error.offline ? "offline" : "failed")));
  };
  if (known && !open) {
    return (
      <div class="ask">
        <p role="status">{say("known", shown(asked.facts))}</p>
        <button type="button" class="button second" onClick={() => setOpen(true)}>
          {say("change")}
        </button>
      </div>
    );
  }
  return (
    <>
      {asked.kept && (
        <div class="ask">
          <p>{say("kept", shown(asked.kept))}</p>
          <button type="button" class="button" onClick={keep}>
            {say("keep")}
          </button>
          {trouble && <p class="fault" role="alert">{trouble}</p>}
        </div>
      )}
      <FactsForm
        say={say}
        asked={asked}
        onAsked={(next) => {
          setOpen(false);
          onAsked(next);
        }}
      />
    </>
  );
}

type Name = "place" | "region" | "phone" | "contact" | "contact_phone" | "reason";

function FactsForm({ say, asked, onAsked }: PartProps) {
  const store = useStore();
  const [values, setValues] = useState<Record<Name, string>>({ place: "", region: "", phone: "", contact: "", contact_phone: "", reason: "" });
  const [faults, setFaults] = useState<Partial<Record<Name, string>>>({});
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const send = async (): Promise<void> => {
    const body = Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim()));
    if (busy || Object.keys(body).length === 0) return;
    setBusy(true);
    setFaults({});
    setSaid("");
    try {
      onAsked(await store.handoff.api.post<Asked>("/v1/my/intake", body));
      setSaid(say("saved"));
    } catch (error) {
      if (error instanceof Problem && error.status === 422) {
        setFaults(Object.fromEntries(error.errors.map(({ pointer }) => [pointer.slice(1), say(pointer.endsWith("phone") ? "phone_bad" : "bad")])));
      } else setSaid(say(error instanceof Problem && error.offline ? "offline" : "failed"));
    } finally {
      setBusy(false);
    }
  };
  const set = (name: Name) => (value: string): void => setValues({ ...values, [name]: value });
  return (
    <form
      class="ask"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <h3>{say("facts_title")}</h3>
      <p>{say("facts_why")}</p>
      <Line name="place" label={say("place")} hint={say("place_hint")} value={values.place} fault={faults.place} onValue={set("place")} autocomplete="street-address" />
      <label for="prepare-region">{say("region")}</label>
      <select id="prepare-region" value={values.region} onChange={(event) => set("region")(event.currentTarget.value)}>
        <option value="">{say("region_none")}</option>
        {countries().map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
      <Line name="phone" label={say("phone")} hint="" value={values.phone} fault={faults.phone} onValue={set("phone")} type="tel" autocomplete="tel" />
      <Line name="contact" label={say("contact")} hint="" value={values.contact} fault={faults.contact} onValue={set("contact")} autocomplete="off" />
      <Line name="contact_phone" label={say("contact_phone")} hint="" value={values.contact_phone} fault={faults.contact_phone} onValue={set("contact_phone")} type="tel" autocomplete="off" />
      <label for="prepare-reason">{say("reason")}</label>
      <p class="hint" id="prepare-reason-hint">
        {say(asked.reason ? "reason_said" : "reason_hint")}
      </p>
      <textarea id="prepare-reason" rows={3} maxLength={1000} aria-describedby="prepare-reason-hint" value={values.reason} onInput={(event) => set("reason")(event.currentTarget.value)} />
      <button type="submit" class="button" aria-disabled={busy ? "true" : undefined}>
        {say(busy ? "one_moment" : "send")}
      </button>
      <p role="status">{said}</p>
    </form>
  );
}

interface LineProps {
  name: Name;
  label: string;
  hint: string;
  value: string;
  fault: string | undefined;
  onValue: (value: string) => void;
  type?: "text" | "tel";
  autocomplete: string;
}

function Line({ name, label, hint, value, fault, onValue, type = "text", autocomplete }: LineProps) {
  const id = `prepare-${name}`;
  const described = [hint ? `${id}-hint` : "", fault ? `${id}-fault` : ""].filter(Boolean).join(" ");
  return (
    <>
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <input
        {...({ type, autocomplete } as InputHTMLAttributes<HTMLInputElement>)}
        id={id}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
        {...(described ? { "aria-describedby": described } : {})}
        {...(fault ? { "aria-invalid": "true" as const } : {})}
      />
      {fault && (
        <p class="fault" id={`${id}-fault`} role="alert">
          {fault}
        </p>
      )}
    </>
  );
}

const LETTERS = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index));

/** Every country the browser has a name for, in the reader's language (ISO 3166-1 by way of CLDR). */
function countries(): [string, string][] {
  const names = new Intl.DisplayNames([tag.value], { type: "region", fallback: "none" });
  const found: [string, string][] = [];
  for (const first of LETTERS) {
    for (const second of LETTERS) {
      const code = first + second;
      const name = names.of(code);
      if (name && !OTHER.has(code)) found.push([code, name]);
    }
  }
  return found.sort((a, b) => a[1].localeCompare(b[1], tag.value));
}

/** Names CLDR has for what is no country of today. */
const OTHER = new Set(["AC", "AN", "BU", "CP", "CS", "CQ", "DD", "DG", "EA", "EU", "EZ", "FX", "IC", "NT", "QO", "SU", "TA", "TP", "UK", "UN", "XA", "XB", "YD", "YU", "ZR", "ZZ"]);

function Guests({ say }: { say: Say }) {
  const store = useStore();
  const { api } = store.handoff;
  const [url, setUrl] = useState("");
  const [trouble, setTrouble] = useState("");
  const [copied, setCopied] = useState(false);
  const run = (command: () => Promise<unknown>): void => {
    setTrouble("");
    command().catch((error: unknown) => setTrouble(error instanceof Problem && error.detail ? error.detail : say("failed")));
  };
  const answer = (guest: GuestOfVisit, agreed: boolean): void => run(() => api.post(`/v1/my/guests/${guest.id}`, { agreed }));
  return (
    <div class="ask">
      <h3>{say("guests")}</h3>
      <ul class="company">
        {store.view.value.guests.map((guest) => (
          <li key={guest.id}>
            <p>
              {say(`scope_${guest.scope}`)} {guest.name && <bdi>{guest.name}</bdi>}: {say(guest.state === "here" ? "here" : "not_here")}
            </p>
            {guest.scope === "trainee" && (guest.agreed === null || guest.agreed === undefined) && (
              <div class="parts">
                <p>{say("trainee_ask")}</p>
                <button type="button" class="button" onClick={() => answer(guest, true)}>
                  {say("yes")}
                </button>
                <button type="button" class="button second" onClick={() => answer(guest, false)}>
                  {say("no")}
                </button>
              </div>
            )}
            <button type="button" class="button plain" onClick={() => run(() => api.delete(`/v1/my/guests/${guest.id}`))}>
              {say("guest_end")}
            </button>
          </li>
        ))}
      </ul>
      {url ? (
        <>
          <p>{say("guest_link")}</p>
          <button type="button" class="button" onClick={() => void navigator.clipboard.writeText(url).then(() => setCopied(true))}>
            <span role="status">{say(copied ? "guest_copied" : "guest_copy")}</span>
          </button>
        </>
      ) : (
        <button type="button" class="button second" onClick={() => run(async () => setUrl((await api.post<{ url: string }>("/v1/my/guests", {})).url))}>
          {say("guest_add")}
        </button>
      )}
      {trouble && <p class="fault" role="alert">{trouble}</p>}
    </div>
  );
}
