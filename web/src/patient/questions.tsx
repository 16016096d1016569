import type { InputHTMLAttributes } from "preact";
import { useState } from "preact/hooks";
import { Problem } from "../lib/api";
import { locale } from "../lib/i18n";
import { phoneHref } from "../door/form";
import { useStore, type Say } from "./prepare";

/** One questionnaire (FHIR Questionnaire), answered here; an answer that is an alarm shows help before anything else. */

interface Coding {
  code: string;
  display?: string;
}

export interface Item {
  linkId: string;
  type: string;
  text?: string;
  required?: boolean;
  answerOption?: { valueCoding: Coding }[];
  extension?: { url: string }[];
  item?: Item[];
}

export interface Question {
  id: string;
  status: "requested" | "in-progress" | "completed";
  resource: { title: string; language?: string; item: Item[] };
}

const ALERT = "urn:careroom:alert";

type Given = Record<string, string>;

/** The answers as items of a FHIR QuestionnaireResponse; open ones are left out. */
export function itemsOf(items: Item[], given: Given): { linkId: string; answer: Record<string, unknown>[] }[] {
  return flat(items)
    .filter((item) => given[item.linkId])
    .map((item) => ({ linkId: item.linkId, answer: [valueOf(item, given[item.linkId] ?? "")] }));
}

function flat(items: Item[]): Item[] {
  return items.flatMap((item) => (item.type === "group" ? flat(item.item ?? []) : item.type === "display" ? [] : [item]));
}

function valueOf(item: Item, text: string): Record<string, unknown> {
  if (item.type === "choice") return { valueCoding: { code: text } };
  if (item.type === "integer") return { valueInteger: text };
  if (item.type === "decimal") return { valueDecimal: text };
  return item.type === "date" ? { valueDate: text } : { valueString: text };
}

export function QuestionForm({ question, say }: { question: Question; say: Say }) {
  const { handoff } = useStore();
  const [open, setOpen] = useState(false);
  const [status, setStatus] = useState(question.status);
  const [given, setGiven] = useState<Given>({});
  const [faults, setFaults] = useState<Record<string, string>>({});
  const [trouble, setTrouble] = useState("");
  const [crisis, setCrisis] = useState(false);
  const items = question.resource.item;
  const post = async (next: Given, state: "in-progress" | "completed"): Promise<boolean> => {
    setTrouble("");
    try {
      const body = { resourceType: "QuestionnaireResponse", status: state, item: itemsOf(items, next) };
      const { crisis: alarm } = await handoff.api.post<{ crisis: boolean }>(`/v1/my/questionnaires/${question.id}`, body);
      if (alarm) setCrisis(true);
      return true;
    } catch (error) {
      if (error instanceof Problem && error.status === 422) setFaults(Object.fromEntries(error.errors.map(({ pointer }) => [pointer.slice(6), faultOf(items, pointer.slice(6), say)])));
      else setTrouble(say(error instanceof Problem && error.offline ? "offline" : "failed"));
      return false;
    }
  };
  const set = (item: Item, value: string): void => {
    const next = { ...given, [item.linkId]: value };
    setGiven(next);
    if (!item.extension?.some(({ url }) => url === ALERT)) return;
    // Help is shown before the network is asked; the clinic hears of it at once, not when the form is finished.
    if (value !== item.answerOption?.[0]?.valueCoding.code) setCrisis(true);
    void post(next, "in-progress");
  };
  const send = async (): Promise<void> => {
    setFaults({});
    const missing = flat(items).filter((item) => item.required && !given[item.linkId]);
    if (missing.length > 0) {
      setFaults(Object.fromEntries(missing.map((item) => [item.linkId, say("required")])));
      document.getElementById(`q-${missing[0]?.linkId}`)?.focus();
      return;
    }
    if (await post(given, "completed")) setStatus("completed");
  };
  if (status === "completed") {
    return (
      <div class="ask">
        <Heading title={question.resource.title} />
        {crisis && <Crisis say={say} />}
        <p role="status">{say("form_done")}</p>
      </div>
    );
  }
  if (!open) {
    return (
      <div class="ask">
        <Heading title={question.resource.title} />
        <button type="button" class="button second" onClick={() => setOpen(true)}>
          {say("form_open")}
        </button>
      </div>
    );
  }
  const foreign = question.resource.language && question.resource.language !== locale.value;
  return (
    <form
      class="ask questions"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Heading title={question.resource.title} />
      {foreign && <p class="quiet">{say("form_language")}</p>}
      <Items items={items} given={given} faults={faults} say={say} onValue={set} language={question.resource.language} />
      {crisis && <Crisis say={say} />}
      <button type="submit" class="button">
        {say("form_send")}
      </button>
      {trouble && <p class="fault" role="alert">{trouble}</p>}
    </form>
  );
}

function Heading({ title }: { title: string }) {
  return (
    <h3>
      <bdi>{title}</bdi>
    </h3>
  );
}

function faultOf(items: Item[], linkId: string, say: Say): string {
  const type = flat(items).find((item) => item.linkId === linkId)?.type;
  if (type === "integer" || type === "decimal") return say("number");
  return say(type === "date" ? "date" : "required");
}

interface ItemsProps {
  items: Item[];
  given: Given;
  faults: Record<string, string>;
  say: Say;
  onValue: (item: Item, value: string) => void;
  language: string | undefined;
}

function Items(props: ItemsProps) {
  return (
    <>
      {props.items.map((item) => {
        if (item.type === "display") return <p key={item.linkId} lang={props.language} dir="auto">{item.text}</p>;
        if (item.type === "group") return <Items key={item.linkId} {...props} items={item.item ?? []} />;
        return <Asked key={item.linkId} item={item} {...props} />;
      })}
    </>
  );
}

function Asked({ item, given, faults, onValue, language }: ItemsProps & { item: Item }) {
  const id = `q-${item.linkId}`;
  const value = given[item.linkId] ?? "";
  const fault = faults[item.linkId];
  const wrong = fault ? { "aria-invalid": "true" as const, "aria-describedby": `${id}-fault` } : {};
  const note = fault && (
    <p class="fault" id={`${id}-fault`} role="alert">
      {fault}
    </p>
  );
  if (item.type === "choice") {
    return (
      <fieldset id={id} tabIndex={-1} {...(fault ? { "aria-describedby": `${id}-fault` } : {})}>
        <legend lang={language} dir="auto">{item.text}</legend>
        {item.answerOption?.map(({ valueCoding: { code, display } }) => (
          <label key={code} class="choice">
            <input type="radio" name={id} value={code} checked={value === code} onChange={() => onValue(item, code)} />
            <span lang={language} dir="auto">{display ?? code}</span>
          </label>
        ))}
        {note}
      </fieldset>
    );
  }
  const label = (
    <label for={id} lang={language} dir="auto">
      {item.text}
    </label>
  );
  if (item.type === "text") {
    return (
      <>
        {label}
        <textarea id={id} rows={3} maxLength={2000} value={value} {...wrong} onInput={(event) => onValue(item, event.currentTarget.value)} />
        {note}
      </>
    );
  }
  const numeric = item.type === "integer" || item.type === "decimal";
  const kind = { type: item.type === "date" ? "date" : "text", ...(numeric ? { inputMode: item.type === "integer" ? "numeric" : "decimal" } : {}) };
  return (
    <>
      {label}
      <input {...({ ...kind, ...wrong } as InputHTMLAttributes<HTMLInputElement>)} id={id} value={value} onInput={(event) => onValue(item, event.currentTarget.value)} />
      {note}
    </>
  );
}

/** Help at once: whom to call, in one tap. */
function Crisis({ say }: { say: Say }) {
  const number = useStore().view.value.practice.emergency_number;
  return (
    <div class="notice warn" role="alert">
      <h3>{say("crisis_title")}</h3>
      <p>{say("crisis_text")}</p>
      <a class="button" href={`tel:${number}`}>
        {say("crisis_call", { number: `\u2066${number}\u2069` })}
      </a>
      <a class="button second" href={phoneHref()}>
        {say("crisis_clinic")}
      </a>
    </div>
  );
}
