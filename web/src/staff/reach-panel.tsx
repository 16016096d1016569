/** How somebody is reached, and what was sent about this visit: the drawer of the schedule and the desk. */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { locale } from "../lib/i18n";
import { REACH, type ReachWords } from "../messages/reach";
import "../styles/staff-reach.css";
import { Lines } from "./delivery-lines";
import type { Line } from "./delivery-store";
import { ErrorSummary, SelectField, TextField, type Fault } from "./fields";
import { Sending } from "./sending";
import { explain, type Session } from "./session";
import { ErrorBox } from "./shell";
import { words } from "./words";

interface Contact {
  id: string;
  system: "phone" | "email";
  shown: string;
  use: "visits" | "emergency";
  preferred: boolean;
  others_may_read: boolean;
  safe_from: string | null;
  safe_to: string | null;
  may: string[];
  state: "ok" | "stopped" | "broken";
  shared: number;
}
interface Contacts {
  contacts: Contact[];
}

const PURPOSES = ["visits", "messages", "offers"];

export function ReachPanel({ session, appointmentId, personId, zone }: { session: Session; appointmentId: string; personId: string; zone: string }) {
  const w = REACH[locale.value];
  const lines = useSignal<Line[] | null>(null);
  const contacts = useSignal<Contact[] | null>(null);
  const chosen = useSignal<string | null>(null);
  const sending = useMemo(() => new Sending(), []);
  const { faults, problem, said, busy } = sending;
  const path = `/v1/people/${personId}/contacts`;
  const mayEdit = session.me.role !== "provider";

  const load = async (): Promise<void> => {
    try {
      const [ledger, known] = await Promise.all([
        session.api.get<{ lines: Line[] }>(`/v1/appointments/${appointmentId}/ledger`),
        session.api.get<Contacts>(path),
      ]);
      lines.value = ledger.lines;
      contacts.value = known.contacts;
    } catch (error) {
      problem.value = explain(error);
    }
  };
  useEffect(() => void load(), [appointmentId]);

  const run = async (act: () => Promise<Contacts>): Promise<void> => {
    await sending.send(async () => {
      await act();
      chosen.value = null;
      said.value = w.saved;
      await load();
    }, "contact-");
  };
  const form = { session, path, w, faults, busy, chosen, run };
  return (
    <div class="reach-panel">
      <ErrorBox sentence={problem.value} onClose={() => (problem.value = null)} />
      <h3>{w.messages}</h3>
      {lines.value && (lines.value.length > 0 ? <Lines lines={lines.value} zone={zone} /> : <p class="quiet">{w.none}</p>)}
      <h3>{w.contacts}</h3>
      {contacts.value?.length === 0 && <p class="word-warn">{w.noContacts}</p>}
      <ul class="contacts">
        {contacts.value?.map((one) => (
          <li key={one.id}>
            <p class="contact">
              <bdi dir="ltr">
                <strong>{one.shown}</strong>
              </bdi>
              <Facts one={one} w={w} />
              {mayEdit && chosen.value !== one.id && (
                <button type="button" class="button" aria-label={w.changeOf(one.shown)} onClick={() => open(form, one.id)}>
                  {w.change}
                </button>
              )}
            </p>
            {chosen.value === one.id && <ContactForm {...form} one={one} />}
          </li>
        ))}
      </ul>
      <p role="status" class="word-good">
        {said.value}
      </p>
      {mayEdit &&
        (chosen.value === "new" ? (
          <ContactForm {...form} one={null} />
        ) : (
          <p>
            <button type="button" class="button" onClick={() => open(form, "new")}>
              {w.add}
            </button>
          </p>
        ))}
    </div>
  );
}

interface FormProps {
  session: Session;
  path: string;
  w: ReachWords;
  faults: Signal<Fault[]>;
  busy: Signal<boolean>;
  chosen: Signal<string | null>;
  run: (act: () => Promise<Contacts>) => Promise<void>;
}

function open({ faults, chosen }: FormProps, id: string): void {
  faults.value = [];
  chosen.value = id;
}

function Facts({ one, w }: { one: Contact; w: ReachWords }) {
  const quiet = [
    one.preferred ? w.first : "",
    one.use === "emergency" ? w.emergency : "",
    one.others_may_read ? w.others : "",
    one.safe_from && one.safe_to ? w.safe(one.safe_from, one.safe_to) : "",
    one.shared > 0 ? w.shared(one.shared) : "",
    ...(one.state === "stopped" ? [] : PURPOSES.filter((purpose) => !one.may.includes(purpose)).map((purpose) => w.notFor(w.purposes[purpose] ?? purpose))),
  ].filter(Boolean);
  return (
    <>
      {one.state !== "ok" && <span class="word-bad">{one.state === "broken" ? w.broken : w.stopped}</span>}
      <span class="quiet">{quiet.join(" · ")}</span>
    </>
  );
}

function ContactForm({ session, path, w, faults, busy, chosen, run, one }: FormProps & { one: Contact | null }) {
  const system = useSignal<"phone" | "email">(one?.system ?? "phone");
  const value = useSignal("");
  const use = useSignal(one?.use ?? "visits");
  const preferred = useSignal(one?.preferred ?? false);
  const others = useSignal(one?.others_may_read ?? false);
  const from = useSignal(one?.safe_from ?? "");
  const to = useSignal(one?.safe_to ?? "");
  const may = useSignal(one?.may ?? PURPOSES);
  const body = () => ({
    use: use.value,
    preferred: preferred.value,
    others_may_read: others.value,
    safe_from: from.value || null,
    safe_to: to.value || null,
    may: may.value,
  });
  const save = (works = false): Promise<void> =>
    run(() =>
      one
        ? session.api.put<Contacts>(`${path}/${one.id}`, { ...body(), works })
        : session.api.post<Contacts>(path, { ...body(), system: system.value, value: value.value }),
    );
  const check = (label: string, of: Signal<boolean>) => (
    <label class="check">
      <input type="checkbox" checked={of.value} onChange={(event) => (of.value = event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
  return (
    <form
      class="panel-form contact-form"
      noValidate
      aria-label={one ? w.changeOf(one.shown) : w.add}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <ErrorSummary faults={faults.value} />
      {!one && (
        <div class="pair">
          <SelectField id="contact-system" label={w.system} value={system.value} onValue={(next) => (system.value = next as "phone" | "email")} options={[["phone", w.systems.phone], ["email", w.systems.email]]} faults={faults.value} />
          <TextField id="contact-value" label={w.value} type={system.value === "phone" ? "tel" : "email"} value={value.value} onValue={(typed) => (value.value = typed)} faults={faults.value} input={{ autocomplete: "off", dir: "ltr" }} />
        </div>
      )}
      <SelectField id="contact-use" label={w.use} value={use.value} onValue={(next) => (use.value = next as "visits" | "emergency")} options={[["visits", w.uses.visits], ["emergency", w.uses.emergency]]} faults={faults.value} />
      {check(w.preferred, preferred)}
      {check(w.othersLabel, others)}
      <div class="pair">
        <TextField id="contact-safe_from" label={w.safeFrom} type="time" value={from.value} onValue={(typed) => (from.value = typed)} faults={faults.value} />
        <TextField id="contact-safe_to" label={w.safeTo} type="time" value={to.value} onValue={(typed) => (to.value = typed)} faults={faults.value} />
      </div>
      {one?.state !== "stopped" && (
        <fieldset class="checks" id="contact-may" tabIndex={-1}>
          <legend>{w.may}</legend>
          {PURPOSES.map((purpose) => (
            <label key={purpose} class="check">
              <input
                type="checkbox"
                checked={may.value.includes(purpose)}
                onChange={(event) => (may.value = event.currentTarget.checked ? [...may.value, purpose] : may.value.filter((other) => other !== purpose))}
              />
              <span>{w.purposes[purpose]}</span>
            </label>
          ))}
        </fieldset>
      )}
      <p class="button-row">
        <button type="submit" class="button button-main" disabled={busy.value}>
          {w.save}
        </button>
        {one?.state === "broken" && (
          <button type="button" class="button" disabled={busy.value} onClick={() => void save(true)}>
            {w.works}
          </button>
        )}
        {one && (
          <button type="button" class="button button-stop" disabled={busy.value} onClick={() => void run(() => session.api.delete<Contacts>(`${path}/${one.id}`))}>
            {w.remove}
          </button>
        )}
        <Cancel chosen={chosen} />
      </p>
    </form>
  );
}

function Cancel({ chosen }: { chosen: Signal<string | null> }) {
  return (
    <button type="button" class="button" onClick={() => (chosen.value = null)}>
      {words.value.common.cancel}
    </button>
  );
}
