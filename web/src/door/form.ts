/** Fields without a framework: what was typed stays, a fault stands beside its field and is read out. */
import { make } from "../lib/dom";

export interface Field {
  root: HTMLElement;
  value(): string;
  /** Says what is wrong, or nothing when it is right; the first one takes the focus. */
  fault(text: string): void;
}

let ids = 0;

/** One line of text with a label and a hint. */
export function textField(label: string, hint: string, attributes: Record<string, string>): Field {
  const id = `f${++ids}`;
  const input = make("input", { id, ...attributes });
  const fault = make("p", { id: `${id}-fault`, class: "fault", role: "alert", hidden: true });
  const parts = hint ? [make("p", { id: `${id}-hint`, class: "hint" }, hint)] : [];
  const root = make("div", {}, make("label", { for: id }, label), ...parts, input, fault);
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  return { root, value: () => input.value.trim(), fault: (text) => show(text, fault, [input], hint ? `${id}-hint ` : "") };
}

/** A date as three numbers, in the order people say it; as `value`, year first. */
export function dateField(legend: string, names: { day: string; month: string; year: string }, born: boolean): Field {
  const id = `f${++ids}`;
  const part = (name: "day" | "month" | "year", size: string): HTMLInputElement =>
    make("input", { id: `${id}-${name}`, inputmode: "numeric", maxlength: size, autocomplete: born ? `bday-${name}` : "off" });
  const [day, month, year] = [part("day", "2"), part("month", "2"), part("year", "4")];
  const fault = make("p", { id: `${id}-fault`, class: "fault", role: "alert", hidden: true });
  const labelled = (input: HTMLInputElement, name: string): HTMLElement => make("div", {}, make("label", { for: input.id }, name), input);
  const parts = make("div", { class: "parts" }, labelled(day, names.day), labelled(month, names.month), labelled(year, names.year));
  const root = make("fieldset", {}, make("legend", {}, legend), parts, fault);
  const value = (): string => [year, month, day].map((one) => one.value.trim()).join("-");
  return { root, value, fault: (text) => show(text, fault, [day, month, year], "") };
}

function show(text: string, fault: HTMLElement, inputs: HTMLInputElement[], described: string): void {
  fault.textContent = text;
  fault.hidden = !text;
  for (const input of inputs) {
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    if (text || described) input.setAttribute("aria-describedby", `${described}${text ? fault.id : ""}`.trim());
    else input.removeAttribute("aria-describedby");
  }
  if (text) inputs[0]?.focus();
}

/** A form whose one button says when it is at work and cannot be pressed twice. */
export function form(title: string | null, fields: Field[], go: string, busy: string, send: () => Promise<void>): HTMLFormElement {
  const button = make("button", { class: "button", type: "submit" }, go);
  const heading = title === null ? null : make("h2", {}, title);
  const made = make("form", { class: "ask", novalidate: true }, heading, ...fields.map((field) => field.root), button);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    button.textContent = busy;
    void send().finally(() => {
      button.removeAttribute("aria-disabled");
      button.textContent = go;
    });
  });
  return made;
}

/** The clinic's telephone, from the page's own footer: the server wrote it there. */
export function phoneHref(): string {
  return document.querySelector<HTMLAnchorElement>("#bottom a")?.href ?? "";
}
