/** Who is at a visit beside its two: the patient's devices, with how sure we are of each, and the guests. */
import { useState } from "preact/hooks";
import { locale, tag } from "../lib/i18n";
import { clock } from "../lib/time";
import type { DeviceOfLink } from "../lib/types";
import { COMPANY } from "../messages/company";
import "../styles/staff-company.css";
import type { BoardStore } from "./board-store";
import { Dialog } from "./dialog";
import { Guests, run } from "./guest-dialog";
import { IntakePart } from "./intake";
import type { Row } from "./types";

interface Props {
  store: BoardStore;
  row: Row;
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
