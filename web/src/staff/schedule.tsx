/** The schedule's page: the day or the week, what needs a human, and the booking panel beside it. */
import { useEffect, useState } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock, dayKey, zoneName } from "../lib/time";
import type { Absence } from "./absence";
import { Alarms } from "./alarms";
import { Booking, Clash } from "./booking";
import { Calendar } from "./calendar";
import { now } from "./clock";
import { DeviceLine } from "./device-line";
import { Back, Clock as ClockIcon } from "./icons";
import { LanguageMenu } from "./language-menu";
import { lettersOn, placeOf, useKeyDown } from "./keys";
import { CallList, Needs } from "./needs-list";
import { scheduleWords } from "./schedule-words";
import type { ScheduleStore, View } from "./schedule-store";
import { explain } from "./session";
import { ErrorBox, Kbd, LiveLine, Rail } from "./shell";
import type { Provider } from "./types";
import { VisitPanel } from "./visit-panel";
import { shortDate, words } from "./words";

type AbsenceParts = typeof import("./absence");

/** The dialog and its words come when somebody wants them; an absence that is on its way is shown at once, so that it can be taken back after a reload too. */
function AbsenceSlot({ store }: { store: ScheduleStore }) {
  const [parts, setParts] = useState<AbsenceParts | null>(null);
  const [known, setKnown] = useState<Absence>();
  const open = (): void => void import("./absence").then(setParts, (error: unknown) => (store.problem.value = explain(error)));
  useEffect(() => {
    store.session.api.get<{ absences: Absence[] }>("/v1/absences").then(
      ({ absences: [first] }) => {
        if (!first) return;
        setKnown(first);
        open();
      },
      (error: unknown) => (store.problem.value = explain(error)),
    );
  }, []);
  const close = (): void => {
    setParts(null);
    setKnown(undefined);
  };
  return (
    <>
      <button type="button" class="button" onClick={open}>
        {scheduleWords.value.calendar.away}
      </button>
      {parts && <parts.default store={store} known={known} onClose={close} />}
    </>
  );
}

/** Who would come earlier: looked at when somebody wants it. */
function WaitlistSlot({ store }: { store: ScheduleStore }) {
  const [parts, setParts] = useState<typeof import("./waitlist") | null>(null);
  const open = (): void => void import("./waitlist").then(setParts, (error: unknown) => (store.problem.value = explain(error)));
  return (
    <>
      <button type="button" class="button" onClick={open}>
        {scheduleWords.value.calendar.waitlist}
      </button>
      {parts && <parts.default store={store} onClose={() => setParts(null)} />}
    </>
  );
}

export function SchedulePage({ store }: { store: ScheduleStore }) {
  const { booking, changes } = store;
  const clash = changes.clash.value;
  const row = store.rows[changes.selected.value ?? ""];
  const isBooking = booking.person.value !== null || booking.adding.value !== null || booking.booked.value !== null;
  useKeyDown((event) => press(event, store));
  return (
    <div class="desk">
      <Rail session={store.session} page="schedule" onProblem={(sentence) => (store.problem.value = sentence)} />
      <Top store={store} />
      <main class="board schedule" id="main">
        <ErrorBox sentence={store.problem.value} onClose={() => (store.problem.value = null)} />
        <ErrorBox sentence={changes.problem.value} onClose={() => (changes.problem.value = null)} />
        {clash && <Clash text={clash.text} act={scheduleWords.value.times.moveEvenSo} onAct={() => void changes.move(store.rows[clash.row.id] ?? clash.row, clash.to, true)} />}
        <LiveLine live={store.live} zone={store.zone} calm={false} />
        <DeviceLine device={store.device} />
        <Alarms tasks={store.tasks} zone={store.zone} onOpen={(id) => store.select(id)} />
        <Calendar store={store} />
        <div class="schedule-foot">
          <LiveLine live={store.live} zone={store.zone} calm />
          <Legend store={store} />
        </div>
        <JustDone store={store} />
      </main>
      <aside class="side side-book">
        {row && !isBooking ? (
          <VisitPanel key={row.id} store={store} row={row} />
        ) : (
          <>
            <Booking store={booking} />
            {!isBooking && <Needs store={store} />}
            {!isBooking && <CallList store={store} />}
            {!isBooking && <LanguageMenu />}
          </>
        )}
      </aside>
    </div>
  );
}

/** B finds a patient, T shows today, D and W the day and the week; 1 to 3 hold a time and Enter books it. */
function press(event: KeyboardEvent, store: ScheduleStore): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.repeat || event.isComposing || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  const place = placeOf(document.activeElement);
  if (place === "text" || !lettersOn(localStorage, store.session.me.account.id)) return;
  const key = event.key.toLowerCase();
  const times = store.booking.times.peek();
  const slot = times.state === "ready" && store.booking.when.peek().kind !== "typed" ? times.answer.slots[Number(key) - 1] : undefined;
  if (slot) void store.booking.choose(slot);
  else if (key === "enter" && place === "none" && store.booking.when.peek().kind === "slot") void store.booking.book();
  else if (key === "escape" && store.changes.selected.peek()) store.changes.select(null);
  else if (key === "b") find(store);
  else if (key === "t") void store.show(store.view.peek(), store.today);
  else if (key === "d") void store.show("day", store.date.peek());
  else if (key === "w") void store.show("week", store.date.peek());
  else return;
  event.preventDefault();
}

function find(store: ScheduleStore): void {
  store.changes.select(null);
  if (store.booking.booked.peek()) store.booking.again();
  // After the panel has been drawn.
  setTimeout(() => document.getElementById("find")?.focus());
}

function Top({ store }: { store: ScheduleStore }) {
  const w = scheduleWords.value.calendar;
  const dates = store.dates;
  const week = store.view.value === "week";
  const views: [View, string, string][] = [
    ["day", w.day, "D"],
    ["week", w.week, "W"],
  ];
  return (
    <header class="top top-schedule">
      <div class="top-who">
        <h1>{rangeWords(dates)}</h1>
      </div>
      <div class="top-tools">
        <span class="button-row">
          <button type="button" class="button button-square" aria-label={week ? w.weekBefore : w.dayBefore} onClick={() => store.step(-1)}>
            <Back />
          </button>
          <button type="button" class="button" onClick={() => void store.show(store.view.peek(), store.today)}>
            {week ? w.thisWeek : w.today} <Kbd>T</Kbd>
          </button>
          <button type="button" class="button button-square flipped" aria-label={week ? w.weekAfter : w.dayAfter} onClick={() => store.step(1)}>
            <Back />
          </button>
        </span>
        <span class="chips" role="group" aria-label={w.view}>
          {views.map(([view, name, key]) => (
            <button
              key={view}
              type="button"
              class="chip"
              aria-pressed={store.view.value === view}
              onClick={() => void store.show(view, store.date.peek())}
            >
              {name} <Kbd>{key}</Kbd>
            </button>
          ))}
        </span>
        <AbsenceSlot store={store} />
        <WaitlistSlot store={store} />
        {store.lists.providers.length > 1 && <Only store={store} providers={store.lists.providers} />}
        <span class="zone-chip">
          <ClockIcon />
          <strong>{clock(tag.value, new Date(now.value), store.zone)}</strong> {zoneName(tag.value, store.zone)}
        </span>
      </div>
    </header>
  );
}

function Only({ store, providers }: { store: ScheduleStore; providers: Provider[] }) {
  const w = scheduleWords.value.calendar;
  return (
    <label class="only">
      <span class="sr-only">{w.whose}</span>
      <select value={store.only.value} onChange={(event) => (store.only.value = event.currentTarget.value)}>
        <option value="">{w.everybody}</option>
        {providers.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** `23–29 November 2026`, as the language writes a range. */
export function rangeWords(dates: string[]): string {
  const [first, last] = [dates[0], dates.at(-1)].map((date) => new Date(`${date}T00:00:00Z`));
  const format = new Intl.DateTimeFormat(tag.value, { timeZone: "UTC", day: "numeric", month: "long", ...(dates.length === 1 ? { weekday: "long" } : {}) });
  return first && last ? format.formatRange(first, last) : "";
}

function Legend({ store }: { store: ScheduleStore }) {
  const tones = ["teal", "blue", "green", "amber"];
  return (
    <ul class="legend" aria-label={words.value.book.type}>
      {store.lists.types.map((type, at) => (
        <li key={type.id}>
          <i class={`legend-dot visit-${type.modality === "phone" ? "phone" : tones[at % 4]}`} aria-hidden="true" />
          {type.name}
        </li>
      ))}
    </ul>
  );
}

/** What was just done, and the way back: before anything leaves for a visit called off, by another move for one moved. */
function JustDone({ store }: { store: ScheduleStore }) {
  const w = scheduleWords.value.visit;
  const leaving = store.changes.leaving.value;
  const done = store.changes.done.value;
  if (!leaving && !done) return <div role="status" class="just-done-empty" />;
  const when = (start: string): string => {
    const today = dayKey(start, store.zone) === dayKey(new Date(now.value), store.zone);
    return `${today ? "" : `${shortDate(start, store.zone)}, `}${clock(tag.value, start, store.zone)}`;
  };
  const moved = done && store.rows[done.row.id];
  return (
    <div role="status" class="just-done">
      <span>
        {leaving && w.leaving(leaving.person.name)}
        {!leaving && done?.kind === "cancelled" && w.cancelled(done.row.person.name)}
        {!leaving && done?.kind === "moved" && moved && w.moved(done.row.person.name, when(moved.start))}
      </span>
      {leaving && (
        <button type="button" class="button" onClick={() => store.changes.keep()}>
          {w.keep}
        </button>
      )}
      {!leaving && done?.kind === "moved" && (
        <button type="button" class="button" onClick={() => void store.changes.moveBack()}>
          {w.moveBack(when(done.was.start))}
        </button>
      )}
      {!leaving && (
        <button type="button" class="link-button" onClick={() => (store.changes.done.value = null)}>
          {words.value.common.close}
        </button>
      )}
    </div>
  );
}
