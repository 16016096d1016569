/** Form parts after the GOV.UK and NHS.UK patterns: label, hint, own error, and a summary that takes the focus. */
import type { ComponentChildren, InputHTMLAttributes } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Problem } from "../lib/api";
import { Warning } from "./icons";
import { words } from "./words";

export interface Fault {
  /** Id of the field; empty for the form as a whole. */
  field: string;
  text: string;
}

/** A refusal's faults, at fields named after the payload: `/hours/3/begins` at `hours-3-begins`, behind a prefix. */
export function faultsAt(error: unknown, prefix = ""): Fault[] {
  if (!(error instanceof Problem)) return [];
  return error.errors.map(({ pointer, detail }) => ({ field: prefix + pointer.slice(1).replaceAll("/", "-"), text: detail }));
}

/** To a field that the last change brings, so that what is typed next lands in it: that is drawn in a microtask asked for before. */
export function focusAdded(id: string): void {
  queueMicrotask(() => document.getElementById(id)?.focus());
}

/** What is wrong, in one box at the top, each line leading to its field. */
export function ErrorSummary({ faults }: { faults: Fault[] }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (faults.length > 0) box.current?.focus();
  }, [faults]);
  if (faults.length === 0) return null;
  return (
    <div class="notice notice-coral error-summary" role="alert" tabIndex={-1} ref={box} aria-labelledby="summary-title">
      <Warning />
      <div>
        <h2 id="summary-title">{words.value.common.problem}</h2>
        <ul>
          {faults.map(({ field, text }) => (
            <li key={field + text}>
              {field ? (
                <a
                  href={`#${field}`}
                  onClick={(event) => {
                    event.preventDefault();
                    document.getElementById(field)?.focus();
                  }}
                >
                  {text}
                </a>
              ) : (
                text
              )}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

interface FieldProps {
  id: string;
  label: string;
  hint?: string | undefined;
  optional?: boolean;
  faults: Fault[];
  children: (attributes: { id: string; "aria-describedby"?: string; "aria-invalid"?: "true" }) => ComponentChildren;
}

export function Field({ id, label, hint, optional, faults, children }: FieldProps) {
  const fault = faults.find((one) => one.field === id);
  const described = [hint ? `${id}-hint` : "", fault ? `${id}-fault` : ""].filter(Boolean).join(" ");
  return (
    <div class={fault ? "field field-wrong" : "field"}>
      <label for={id}>
        {label} {optional && <span class="optional">{words.value.book.optional}</span>}
      </label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {fault && (
        <p class="fault" id={`${id}-fault`}>
          {fault.text}
        </p>
      )}
      {children({ id, ...(described ? { "aria-describedby": described } : {}), ...(fault ? { "aria-invalid": "true" } : {}) })}
    </div>
  );
}

type InputProps = Omit<FieldProps, "children"> & {
  value: string;
  onValue: (value: string) => void;
  type?: "text" | "email" | "password" | "tel" | "date" | "time" | "number";
  input?: Partial<InputHTMLAttributes<HTMLInputElement>>;
};

export function TextField({ value, onValue, type = "text", input, ...field }: InputProps) {
  return (
    <Field {...field}>
      {(attributes) => (
        <input
          {...({ ...input, ...attributes, type } as InputHTMLAttributes<HTMLInputElement>)}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

type SelectProps = Omit<FieldProps, "children"> & {
  value: string;
  onValue: (value: string) => void;
  options: [value: string, name: string][];
};

export function SelectField({ value, onValue, options, ...field }: SelectProps) {
  return (
    <Field {...field}>
      {(attributes) => (
        <select {...attributes} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {options.map(([key, name]) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
