/** The guests of a visit: who is invited, who is here, who is in the call, and what the provider may do about it. */
import { signal, type Signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { locale } from "../lib/i18n";
import type { GuestOfVisit } from "../lib/types";
import { COMPANY } from "../messages/company";
import "../styles/staff-company.css";
import { Dialog } from "./dialog";
import { SelectField, TextField } from "./fields";
import { isInRoom } from "./sections";
import { explain, type Session } from "./session";
import type { Row } from "./types";
import { words } from "./words";

/** The board's or the desk's store: what a command needs of it. */
export interface Host {
  readonly session: Session;
  readonly problem: Signal<string | null>;
}

interface Props {
  store: Host;
  row: Row;
}

export type Scope = GuestOfVisit["scope"];

/** Runs a command of this row; the board's event brings what came of it, a failure stands in the page's error box. */
export async function run(store: Host, command: () => Promise<unknown>): Promise<boolean> {
  store.problem.value = null;
  try {
    await command();
    return true;
  } catch (error) {
    store.problem.value = explain(error);
    return false;
  }
}

/** How a guest is called on the staff's pages. */
export function nameOf(guest: GuestOfVisit): string {
  return guest.name ?? COMPANY[locale.value].scope[guest.scope];
}

/** Only the provider of the visit is its host. */
export function isHost(store: Host, row: Row): boolean {
  return row.provider.id === store.session.me.account.id;
}

export function letIn(store: Host, row: Row, guest: GuestOfVisit, admitted: boolean): Promise<boolean> {
  return run(store, () => store.session.api.post(`/v1/appointments/${row.id}/guests/${guest.id}/admit`, { admitted }));
}

/** With whom the provider speaks alone; nobody: all are together. */
export function speakAlone(store: Host, row: Row, guests: string[]): Promise<boolean> {
  return run(store, () => store.session.api.post(`/v1/visits/${row.visit.id}/aside`, { guests }));
}

function isOver(row: Row): boolean {
  return row.visit.status === "completed" || row.visit.status === "cancelled";
}

export function Guests({ store, row }: Props) {
  const w = COMPANY[locale.value];
  const [adding, setAdding] = useState(false);
  return (
    <section class="company" aria-label={w.guests}>
      <h3>{w.guests}</h3>
      <GuestList store={store} row={row} />
      {!isOver(row) && (
        <p>
          <button type="button" class="button" onClick={() => setAdding(true)}>
            {w.add}
          </button>
        </p>
      )}
      {adding && (
        <Dialog title={w.add} onClose={() => setAdding(false)}>
          <AddGuest store={store} row={row} scope="interpreter" onClose={() => setAdding(false)} />
        </Dialog>
      )}
    </section>
  );
}

/** Asking all interpreters at once, fetched with the first I. */
const asking = signal<typeof import("./ask-interpreters") | null>(null);

/** G and I: everybody beside the two, and one more. */
export function GuestDialog({ store, row, scope, onClose }: Props & { scope: Scope; onClose: () => void }) {
  const w = COMPANY[locale.value];
  useEffect(() => void (scope === "interpreter" && import("./ask-interpreters").then((part) => (asking.value = part))), [scope]);
  return (
    <Dialog title={w.guests} onClose={onClose}>
      <div class="company">
        {row.guests.length === 0 ? <p class="hint">{w.noneYet}</p> : <GuestList store={store} row={row} />}
      </div>
      {scope === "interpreter" && asking.value && <asking.value.AskInterpreters store={store} row={row} />}
      <AddGuest store={store} row={row} scope={scope} onClose={onClose} />
    </Dialog>
  );
}

function GuestList({ store, row }: Props) {
  return (
    <ul>
      {row.guests.map((guest) => (
        <GuestLine key={guest.id} store={store} row={row} guest={guest} />
      ))}
    </ul>
  );
}

function GuestLine({ store, row, guest }: Props & { guest: GuestOfVisit }) {
  const w = COMPANY[locale.value];
  const takeBack = (): void => void run(store, () => store.session.api.delete(`/v1/appointments/${row.id}/guests/${guest.id}`));
  return (
    <li>
      <span>
        {w.scope[guest.scope]}
        {guest.name && (
          <>
            {": "}
            <bdi>{guest.name}</bdi>
          </>
        )}
        <br />
        <span class={guest.state === "here" ? "word-good" : "word-quiet"}>{guest.let_in && isInRoom(row) ? w.inCall : w.state[guest.state]}</span>
        {guest.phone && <span class={guest.phone === "ended" ? "word-quiet" : "word-warn"}> · {w.phone[guest.phone]}</span>}
        {guest.scope === "trainee" && <> · {guest.agreed ? w.agreed : guest.agreed === false ? w.refused : w.asked}</>}
      </span>
      {!isOver(row) && (
        <span class="guest-acts">
          {isHost(store, row) && <HostActs store={store} row={row} guest={guest} />}
          <button type="button" class="button" onClick={takeBack}>
            {w.takeBack}
            <span class="sr-only"> {nameOf(guest)}</span>
          </button>
        </span>
      )}
    </li>
  );
}

/** What only the host does. Each word is followed by the name, for who does not see in which line it stands. */
export function HostActs({ store, row, guest }: Props & { guest: GuestOfVisit }) {
  const w = COMPANY[locale.value];
  const act = (word: string, onPress: () => Promise<boolean>) => (
    <button type="button" class="button" onClick={() => void onPress()}>
      {word}
      <span class="sr-only"> {nameOf(guest)}</span>
    </button>
  );
  const mute = (): Promise<boolean> => run(store, () => store.session.api.post(`/v1/appointments/${row.id}/guests/${guest.id}/mute`, { muted: !guest.muted }));
  if (!guest.let_in) return guest.state === "here" ? act(w.admit, () => letIn(store, row, guest, true)) : null;
  return (
    <>
      {isInRoom(row) && act(guest.aside ? w.together : w.alone, () => speakAlone(store, row, guest.aside ? [] : [guest.id]))}
      {act(guest.muted ? w.unmute : w.mute, mute)}
      {act(w.sendOut, () => letIn(store, row, guest, false))}
    </>
  );
}

function AddGuest({ store, row, scope: first, onClose }: Props & { scope: Scope; onClose: () => void }) {
  const w = COMPANY[locale.value];
  const [scope, setScope] = useState<Scope>(first);
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const [copied, setCopied] = useState(false);
  const [busy, setBusy] = useState(false);
  const make = (): void => {
    setBusy(true);
    void run(store, async () => {
      const body = { scope, ...(name.trim() ? { name: name.trim() } : {}) };
      setUrl((await store.session.api.post<{ url: string }>(`/v1/appointments/${row.id}/guests`, body)).url);
    }).then((done) => {
      setBusy(false);
      if (!done) onClose();
    });
  };
  return (
    <>
      {url ? (
        <>
          <p>{w.handOn}</p>
          <p class="guest-url">
            <bdi>{url}</bdi>
          </p>
        </>
      ) : (
        <>
          <SelectField id="guest-scope" label={w.who} faults={[]} value={scope} onValue={(value) => setScope(value as Scope)} options={Object.entries(w.scope)} />
          <TextField id="guest-name" label={w.name} hint={w.nameHint} faults={[]} value={name} onValue={setName} input={{ maxLength: 80, autocomplete: "off" }} />
        </>
      )}
      <p class="dialog-actions">
        {url ? (
          <button type="button" class="button button-main" onClick={() => void navigator.clipboard.writeText(url).then(() => setCopied(true))}>
            <span role="status">{copied ? w.copied : w.copy}</span>
          </button>
        ) : (
          <button type="button" class="button button-main" disabled={busy} onClick={make}>
            {w.make}
          </button>
        )}
        <button type="button" class="button" onClick={onClose}>
          {url ? words.value.common.close : w.cancel}
        </button>
      </p>
    </>
  );
}
