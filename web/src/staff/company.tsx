/** Who is at a visit beside its two: the patient's devices, with how sure we are of each, and the guests. */
import { useState } from "preact/hooks";
import { locale, tag } from "../lib/i18n";
import { clock } from "../lib/time";
import type { DeviceOfLink, GuestOfVisit } from "../lib/types";
import { COMPANY } from "../messages/company";
import "../styles/staff-company.css";
import type { BoardStore } from "./board-store";
import { Dialog } from "./dialog";
import { IntakePart } from "./intake";
import { SelectField, TextField } from "./fields";
import { explain } from "./session";
import type { Row } from "./types";

interface Props {
  store: BoardStore;
  row: Row;
}

/** Runs a command of this row; the board's event brings what came of it, a failure stands in the page's error box. */
async function run(store: BoardStore, command: () => Promise<unknown>): Promise<boolean> {
  store.problem.value = null;
  try {
    await command();
    return true;
  } catch (error) {
    store.problem.value = explain(error);
    return false;
  }
}

function path(row: Row, device: DeviceOfLink): string {
  return `/v1/appointments/${row.id}/devices/${device.id}`;
}

/** One click, face to face: the server raises the level, and this browser vouches for the phone's keys. */
async function confirmPhone(store: BoardStore, row: Row, device: DeviceOfLink): Promise<void> {
  const body = { level: "video", identifiers: ["name", "birth_date"] };
  const done = await run(store, () => store.session.api.post(path(row, device), body));
  if (done) await store.device.vouchFor(row.conversation.id, device.invite).catch((error: unknown) => console.error("vouch:", error));
}

/** The one line over a running call: nothing once the phone is confirmed. */
export function ConfirmPhone({ store, row }: Props) {
  const w = COMPANY[locale.value];
  const [busy, setBusy] = useState(false);
  const device = row.devices.filter((one) => one.level).at(-1);
  if (row.visit.status !== "in-progress" || row.provider.id !== store.myId || !device || device.level === "video") return null;
  const confirm = (): void => {
    setBusy(true);
    void confirmPhone(store, row, device).finally(() => setBusy(false));
  };
  return (
    <p class="confirm-phone">
      <button type="button" class="button" disabled={busy} onClick={confirm}>
        {w.confirm}
      </button>
    </p>
  );
}

export function Company({ store, row }: Props) {
  return (
    <>
      <IntakePart store={store} row={row} />
      <Devices store={store} row={row} />
      <Guests store={store} row={row} />
    </>
  );
}

function Devices({ store, row }: Props) {
  const w = COMPANY[locale.value];
  const [ending, setEnding] = useState<DeviceOfLink | null>(null);
  const [sent, setSent] = useState("");
  const at = (instant: string): string => clock(tag.value, instant, store.board.practice.zone);
  const over = row.visit.status === "completed" || row.visit.status === "cancelled";
  const fresh = (): void =>
    void run(store, async () => {
      const { to } = await store.session.api.post<{ to: string }>(`/v1/appointments/${row.id}/link`, {});
      setSent(w.freshSent(`\u2066${to}\u2069`));
    });
  const turnOut = (device: DeviceOfLink): void => {
    setEnding(null);
    void run(store, () => store.session.api.delete(path(row, device)));
  };
  return (
    <section class="company" aria-label={w.devices}>
      <h3>{w.devices}</h3>
      {row.devices.length === 0 && <p class="hint">{w.none}</p>}
      <ul>
        {row.devices.map((device) => (
          <li key={device.id}>
            <span>
              {device.device === "first" ? w.first(at(device.at)) : w.other(at(device.at))}
              <br />
              <span class={device.level ? (device.level === "unverified" ? "word-warn" : "word-good") : "word-bad"}>{w.level[device.level ?? "unknown"]}</span>
            </span>
            {!over && !device.level && (
              <button type="button" class="button" onClick={() => void run(store, () => store.session.api.post(path(row, device), { level: "desk" }))}>
                {w.letIn}
              </button>
            )}
            {!over && (!device.level || device.level === "unverified") && (
              <button type="button" class="button" onClick={() => setEnding(device)}>
                {w.turnOut}
              </button>
            )}
          </li>
        ))}
      </ul>
      {row.tries_left === 0 && <p class="word-warn">{w.noTries}</p>}
      {!over && (
        <p>
          <button type="button" class="button" onClick={fresh}>
            {w.fresh}
          </button>{" "}
          <span role="status">{sent}</span>
        </p>
      )}
      {ending && (
        <Dialog title={w.turnOutTitle} onClose={() => setEnding(null)}>
          <p>{w.turnOutText}</p>
          <p class="dialog-actions">
            <button type="button" class="button button-main" onClick={() => turnOut(ending)}>
              {w.turnOutYes}
            </button>
            <button type="button" class="button" onClick={() => setEnding(null)}>
              {w.cancel}
            </button>
          </p>
        </Dialog>
      )}
    </section>
  );
}

function Guests({ store, row }: Props) {
  const w = COMPANY[locale.value];
  const [adding, setAdding] = useState(false);
  const over = row.visit.status === "completed" || row.visit.status === "cancelled";
  const takeBack = (guest: GuestOfVisit): void => void run(store, () => store.session.api.delete(`/v1/appointments/${row.id}/guests/${guest.id}`));
  return (
    <section class="company" aria-label={w.guests}>
      <h3>{w.guests}</h3>
      <ul>
        {row.guests.map((guest) => (
          <li key={guest.id}>
            <span>
              {w.scope[guest.scope]}
              {guest.name && (
                <>
                  {": "}
                  <bdi>{guest.name}</bdi>
                </>
              )}
              <br />
              <span class={guest.state === "here" ? "word-good" : "word-quiet"}>{w.state[guest.state]}</span>
              {guest.scope === "trainee" && <> · {guest.agreed ? w.agreed : guest.agreed === false ? w.refused : w.asked}</>}
            </span>
            {!over && (
              <button type="button" class="button" onClick={() => takeBack(guest)}>
                {w.takeBack}
              </button>
            )}
          </li>
        ))}
      </ul>
      {!over && (
        <p>
          <button type="button" class="button" onClick={() => setAdding(true)}>
            {w.add}
          </button>
        </p>
      )}
      {adding && <AddGuest store={store} row={row} onClose={() => setAdding(false)} />}
    </section>
  );
}

type Scope = GuestOfVisit["scope"];

function AddGuest({ store, row, onClose }: Props & { onClose: () => void }) {
  const w = COMPANY[locale.value];
  const [scope, setScope] = useState<Scope>("interpreter");
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
    <Dialog title={w.add} onClose={onClose}>
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
          {w.cancel}
        </button>
      </p>
    </Dialog>
  );
}
