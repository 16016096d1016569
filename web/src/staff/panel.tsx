/** A panel of a page of settings: its heading, its form, and what it says when that was saved. */
import type { ComponentChildren } from "preact";
import { ErrorSummary } from "./fields";
import { Tick } from "./icons";
import type { Sending } from "./sending";

export function Panel({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return (
    <section class="hours-panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

interface FormProps {
  /** The heading that names it. */
  title: string;
  sending: Sending;
  onSave: () => Promise<void>;
  children: ComponentChildren;
}

export function PanelForm({ title, sending, onSave, children }: FormProps) {
  return (
    <form
      class="panel-form"
      noValidate
      aria-labelledby={title}
      onSubmit={(event) => {
        event.preventDefault();
        void onSave();
      }}
    >
      <ErrorSummary faults={sending.faults.value} />
      {children}
    </form>
  );
}

export function Said({ sending }: { sending: Sending }) {
  return (
    <span role="status" class="word-good">
      {sending.said.value && (
        <>
          <Tick /> {sending.said.value}
        </>
      )}
    </span>
  );
}
