/** "Needs a human": each visit with what is wrong and the one click that helps. */
import { useState } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock, dayKey } from "../lib/time";
import { languageOr } from "./booking";
import { now } from "./clock";
import { Phone, Tick } from "./icons";
import { pressing, type Pressing } from "./needs";
import { scheduleWords } from "./schedule-words";
import type { ScheduleStore } from "./schedule-store";
import { explain } from "./session";
import { TaskRow } from "./tasks-view";
import type { Attention, Slotted } from "./types";
import { count, deskWords, shortDate } from "./words";

const TONES: Record<Attention, string> = {
  displaced: "bad",
  device: "bad",
  interpreter: "warn",
  unreachable: "bad",
  declined: "bad",
  tentative: "blue",
  undelivered: "bad",
  unconfirmed: "warn",
};

export function Needs({ store }: { store: ScheduleStore }) {
  const w = scheduleWords.value.needs;
  const list = pressing(Object.values(store.rows), now.value);
  return (
    <section class="needs" aria-labelledby="needs-title">
      <div class="list-head">
        <h2 id="needs-title">{w.title}</h2>
        {list.length > 0 && <span class="quiet">{count(list.length)}</span>}
        {list.length > 0 && <span class="quiet needs-order">{w.order}</span>}
      </div>
      {list.length === 0 && (
        <p class="needs-none">
          <Tick /> {w.none}
        </p>
      )}
      <ul>
        {list.map((one) => (
          <NeedLine key={one.row.id} store={store} one={one} />
        ))}
      </ul>
    </section>
  );
}

/** What was asked of the staff and does not interrupt (the desk's page shows the same). */
export function CallList({ store }: { store: ScheduleStore }) {
  const tasks = store.tasks.open.value.filter((task) => task.priority !== "stat");
  if (tasks.length === 0) return null;
  return (
    <section class="needs call-list" aria-labelledby="tasks-title">
      <div class="list-head">
        <h2 id="tasks-title">{deskWords.value.tasks.title}</h2>
        <span class="quiet">{count(tasks.length)}</span>
      </div>
      <ul>
        {tasks.map((task) => (
          <TaskRow key={task.id} task={task} store={store} />
        ))}
      </ul>
    </section>
  );
}

export function whenOf(row: Slotted, zone: string): string {
  const time = clock(tag.value, row.start, zone);
  const today = dayKey(row.start, zone) === dayKey(new Date(now.value), zone);
  return today ? scheduleWords.value.needs.today(time) : `${shortDate(row.start, zone)}, ${time}`;
}

function NeedLine({ store, one: { row, kinds } }: { store: ScheduleStore; one: Pressing }) {
  const w = scheduleWords.value.needs;
  return (
    <li class="need">
      <div class="need-head">
        <button type="button" class="link-button need-name" onClick={() => store.changes.select(row.id)}>
          <bdi>{row.person.name}</bdi>
        </button>
        <span class="quiet">{whenOf(row, store.zone)}</span>
      </div>
      {kinds.map((kind) => (
        <p key={kind}>
          <strong class={`word-${TONES[kind]}`}>{w.kind[kind]}</strong> {detailOf(row, kind)}
        </p>
      ))}
      <Remedies store={store} row={row} kinds={kinds} />
    </li>
  );
}

function detailOf(row: Slotted, kind: Attention): string {
  const w = scheduleWords.value.needs;
  if (kind === "interpreter") return languageOr(row.interpreter ?? "");
  if (kind === "device") return row.entry?.microphone === "ok" || row.entry?.microphone === "unchecked" ? w.camera : w.microphone;
  return "";
}

function Remedies({ store, row, kinds }: { store: ScheduleStore; row: Slotted; kinds: Attention[] }) {
  const w = scheduleWords.value.needs;
  const say = (error: unknown): void => {
    store.problem.value = explain(error);
  };
  const interpreter = (language: string | null): void => {
    const body = { version: row.version, language, status: "accepted" };
    store.session.api.put(`/v1/appointments/${row.id}/interpreter`, body).catch(say);
  };
  const toPhone = (): void => void store.session.api.post(`/v1/appointments/${row.id}/to-phone`, {}).catch(say);
  return (
    <div class="button-row">
      {kinds.includes("interpreter") && (
        <>
          <button type="button" class="button" onClick={() => interpreter(row.interpreter ?? null)}>
            {w.interpreterBooked}
          </button>
          <button type="button" class="button" onClick={() => interpreter(null)}>
            {w.interpreterNotNeeded}
          </button>
        </>
      )}
      {kinds.includes("device") && (
        <button type="button" class="button" onClick={toPhone}>
          {w.toPhone}
        </button>
      )}
      {kinds.some((kind) => kind === "undelivered" || kind === "unconfirmed") && <Resend store={store} row={row} />}
      {kinds.some((kind) => kind !== "interpreter") && <Call store={store} row={row} />}
      {kinds.some((kind) => kind === "declined" || kind === "tentative" || kind === "displaced") && (
        <button type="button" class="button" onClick={() => store.changes.select(row.id)}>
          {w.seeTimes}
        </button>
      )}
    </div>
  );
}

/** The link once more, by whatever reaches the person now; an older one is off from then on. */
function Resend({ store, row }: { store: ScheduleStore; row: Slotted }) {
  const w = scheduleWords.value.needs;
  const [to, setTo] = useState<string | null>(null);
  const send = (): void => {
    store.session.api.post<{ to: string }>(`/v1/appointments/${row.id}/link`, {}).then(
      (answer) => setTo(answer.to),
      (error: unknown) => (store.problem.value = explain(error)),
    );
  };
  if (to !== null) {
    return (
      <span role="status" class="word-good">
        <Tick /> {w.resent(to)}
      </span>
    );
  }
  return (
    <button type="button" class="button" aria-label={w.resendNamed(row.person.name)} onClick={send}>
      {w.resend}
    </button>
  );
}

interface Ringing {
  phone: string;
  shown: string;
}

/** The number is asked for when somebody wants to ring (every desk then sees who rings), and dialled where the device can. */
export function Call({ store, row }: { store: ScheduleStore; row: Slotted }) {
  const w = scheduleWords.value.needs;
  const [number, setNumber] = useState<Ringing | null>(null);
  if (number) {
    return (
      <a class="button" href={`tel:${number.phone}`}>
        <Phone /> <bdi dir="ltr">{number.shown}</bdi>
      </a>
    );
  }
  const ask = async (): Promise<void> => {
    try {
      const ringing = await store.session.api.post<Ringing>(`/v1/appointments/${row.id}/ring`, {});
      setNumber(ringing);
      location.assign(`tel:${ringing.phone}`);
    } catch (error) {
      store.problem.value = explain(error);
    }
  };
  return (
    <button type="button" class="button" aria-label={w.callNamed(row.person.name)} onClick={() => void ask()}>
      <Phone /> {w.call}
    </button>
  );
}
