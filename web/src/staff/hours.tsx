/** The hours page: whose hours, the week, the days that differ, and the kinds of visit that fill them. */
import { useState } from "preact/hooks";
import { tag } from "../lib/i18n";
import { zoneName } from "../lib/time";
import { zones } from "./add-person";
import { ErrorSummary, SelectField, TextField } from "./fields";
import { endInField, endOnWire, likeMonday, nextStretch, type HoursStore, type NewDay, type Special, type Stretch } from "./hours-store";
import { Close, Plus } from "./icons";
import { LanguageMenu } from "./language-menu";
import { Panel, PanelForm, Said } from "./panel";
import { scheduleWords } from "./schedule-words";
import { Clock, ErrorBox, Rail } from "./shell";
import { VisitTypes } from "./visit-types";
import { count, shortDate, words } from "./words";

const STEPS = [5, 10, 15, 20, 30, 60];
const WEEK = [1, 2, 3, 4, 5, 6, 7];

export function HoursPage({ store }: { store: HoursStore }) {
  const w = scheduleWords.value.hours;
  const practice = store.session.me.practice;
  return (
    <div class="desk desk-plain">
      <Rail session={store.session} page="hours" onProblem={(sentence) => (store.problem.value = sentence)} />
      <header class="top">
        <div class="top-who">
          <h1>{w.page}</h1>
          <p>{practice.name}</p>
        </div>
        <Clock zone={practice.zone} />
      </header>
      <main class="board hours" id="main" tabIndex={0}>
        <ErrorBox sentence={store.problem.value} onClose={() => (store.problem.value = null)} />
        <SelectField
          // A refused change must not leave another name standing over this week.
          key={store.problem.value}
          id="owner"
          label={w.whose}
          value={store.owner.value}
          onValue={(owner) => void store.open(owner)}
          options={[
            [store.practice.owner_id, w.practice(practice.name)],
            ...store.providers.map((one): [string, string] => [one.id, one.name]),
          ]}
          faults={[]}
        />
        <Week store={store} />
        <Days store={store} />
        <VisitTypes store={store} />
        <LanguageMenu />
      </main>
    </div>
  );
}

function Week({ store }: { store: HoursStore }) {
  const w = scheduleWords.value.hours;
  const draft = store.draft.value;
  const faults = store.faults.value.filter((one) => !/^(day|kind)-/.test(one.field));
  return (
    <Panel id="week-title" title={w.week}>
      <PanelForm title="week-title" sending={store} onSave={() => store.save(w.saved)}>
        {!draft.own && !store.isPractice && <p class="notice">{w.standIn}</p>}
        <div class="pair">
          <SelectField
            id="zone"
            label={words.value.person.zone}
            value={draft.zone}
            onValue={(zone) => store.edit({ zone })}
            options={zones(draft.zone).map((zone) => [zone, zone.replaceAll("_", " ")])}
            faults={faults}
          />
          <SelectField
            id="step"
            label={w.step}
            value={String(draft.step)}
            onValue={(step) => store.edit({ step: Number(step) })}
            options={STEPS.map((step) => [String(step), words.value.common.minutes(step)])}
            faults={faults}
          />
          <TextField
            id="notice"
            label={w.notice}
            type="number"
            value={String(draft.notice)}
            onValue={(notice) => store.edit({ notice: Number(notice) })}
            faults={faults}
            input={{ min: 0, max: 86400, step: 5 }}
          />
        </div>
        <p class="hint">{w.zoneHint(zoneName(tag.value, draft.zone))}</p>
        <div class="week">
          {WEEK.map((weekday) => (
            <Weekday key={weekday} store={store} weekday={weekday} />
          ))}
        </div>
        <p class="button-row">
          <button type="submit" class="button button-main" disabled={store.busy.value}>
            {w.save}
          </button>
          <button type="button" class="button" onClick={() => store.edit({ hours: likeMonday(draft.hours) })}>
            {w.likeMonday}
          </button>
          {draft.own && !store.isPractice && (
            <button type="button" class="button" onClick={() => void store.forget(w.forgotten)}>
              {w.forget}
            </button>
          )}
          {store.changed && (
            <button type="button" class="button" onClick={() => store.undo()}>
              {w.undo}
            </button>
          )}
          {store.changed && <span class="word-warn">{w.unsaved}</span>}
          <Said sending={store} />
        </p>
        <p class="hint">{w.stays}</p>
      </PanelForm>
    </Panel>
  );
}

/** `Monday`, by the page's language. */
export function weekdayName(weekday: number): string {
  // 2024-01-01 was a Monday.
  return new Intl.DateTimeFormat(tag.value, { weekday: "long", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, weekday)));
}

function Weekday({ store, weekday }: { store: HoursStore; weekday: number }) {
  const w = scheduleWords.value.hours;
  const hours = store.draft.value.hours;
  const mine = hours.map((one, at) => ({ one, at })).filter(({ one }) => one.weekday === weekday);
  const name = weekdayName(weekday);
  return (
    <fieldset class="weekday">
      <legend>{name}</legend>
      <div>
        {mine.length === 0 && <p class="quiet">{w.closed}</p>}
        {mine.map(({ one, at }) => (
          <StretchRow key={at} store={store} one={one} at={at} name={name} />
        ))}
        <button
          type="button"
          class="link-button"
          aria-label={w.addTo(name)}
          onClick={() => store.edit({ hours: [...hours, nextStretch(hours, weekday)] })}
        >
          <Plus /> {w.add}
        </button>
      </div>
    </fieldset>
  );
}

function StretchRow({ store, one, at, name }: { store: HoursStore; one: Stretch; at: number; name: string }) {
  const w = scheduleWords.value.hours;
  const [dates, setDates] = useState(Boolean(one.valid_from || one.valid_until));
  const faults = store.faults.value;
  const text = (what: "begins" | "ends" | "valid_from" | "valid_until"): string => one[what] ?? "";
  return (
    <div class="stretch">
      <TextField
        id={`hours-${at}-begins`}
        label={w.from}
        type="time"
        value={text("begins")}
        onValue={(begins) => store.editStretch(at, { begins })}
        faults={faults}
        input={{ step: 300 }}
      />
      <TextField
        id={`hours-${at}-ends`}
        label={w.until}
        type="time"
        value={endInField(text("ends"))}
        onValue={(ends) => store.editStretch(at, { ends: endOnWire(ends) })}
        faults={faults}
        input={{ step: 300 }}
      />
      {dates && (
        <>
          <TextField
            id={`hours-${at}-valid_from`}
            label={w.firstDay}
            type="date"
            optional
            value={text("valid_from")}
            onValue={(valid_from) => store.editStretch(at, { valid_from })}
            faults={faults}
          />
          <TextField
            id={`hours-${at}-valid_until`}
            label={w.lastDay}
            type="date"
            optional
            value={text("valid_until")}
            onValue={(valid_until) => store.editStretch(at, { valid_until })}
            faults={faults}
          />
        </>
      )}
      <span class="stretch-acts">
        {!dates && (
          <button type="button" class="link-button" onClick={() => setDates(true)}>
            {w.onlyFrom}
          </button>
        )}
        <button
          type="button"
          class="button button-square"
          aria-label={w.remove(`${name}, ${one.begins}–${one.ends}`)}
          onClick={() => store.edit({ hours: store.draft.value.hours.filter((_, place) => place !== at) })}
        >
          <Close />
        </button>
      </span>
    </div>
  );
}

const EMPTY: NewDay = { day: "", kind: "closed", begins: "", ends: "" };

function Days({ store }: { store: HoursStore }) {
  const w = scheduleWords.value.hours;
  const [day, setDay] = useState<NewDay>(EMPTY);
  const exceptions = store.saved.value.exceptions;
  const faults = store.faults.value.filter((one) => one.field.startsWith("day-"));
  const set = (part: Partial<NewDay>): void => setDay({ ...day, ...part });
  return (
    <Panel id="days-title" title={w.days}>
      {exceptions.length === 0 && <p class="quiet">{w.noDays}</p>}
      {exceptions.length > 0 && (
        <ul class="days">
          {exceptions.map((one) => (
            <DayLine key={one.id} store={store} one={one} />
          ))}
        </ul>
      )}
      <form
        class="panel-form"
        noValidate
        aria-label={w.addDay}
        onSubmit={(event) => {
          event.preventDefault();
          if (!day.day) store.faults.value = [{ field: "day-day", text: words.value.book.missing.date }];
          else void store.addDay(day).then((taken) => taken && setDay(EMPTY));
        }}
      >
        <ErrorSummary faults={faults} />
        <div class="pair">
          <TextField id="day-day" label={words.value.book.date} type="date" value={day.day} onValue={(value) => set({ day: value })} faults={faults} />
          <SelectField
            id="day-kind"
            label={w.kind}
            value={day.kind}
            onValue={(kind) => set({ kind: kind as NewDay["kind"] })}
            options={[
              ["closed", w.closed],
              ["extra", w.extra],
            ]}
            faults={faults}
          />
          <TextField
            id="day-begins"
            label={w.from}
            type="time"
            optional={day.kind === "closed"}
            value={day.begins}
            onValue={(begins) => set({ begins })}
            faults={faults}
            input={{ step: 300 }}
          />
          <TextField
            id="day-ends"
            label={w.until}
            type="time"
            optional={day.kind === "closed"}
            value={day.ends}
            onValue={(ends) => set({ ends })}
            faults={faults}
            input={{ step: 300 }}
          />
        </div>
        <p>
          <button type="submit" class="button" disabled={store.busy.value}>
            {w.addDay}
          </button>
        </p>
      </form>
    </Panel>
  );
}

function DayLine({ store, one }: { store: HoursStore; one: Special }) {
  const w = scheduleWords.value.hours;
  const whole = one.begins === "00:00" && one.ends === "24:00";
  const date = shortDate(`${one.day}T00:00:00Z`, "UTC");
  // The practice's days are taken back where they were entered: under the practice.
  const mine = store.isPractice || !one.practice;
  return (
    <li>
      <strong>
        {date} {one.day.slice(0, 4) === String(new Date().getUTCFullYear()) ? "" : count(Number(one.day.slice(0, 4))).replace(/[.,٬\s]/g, "")}
      </strong>
      <span>
        {one.kind === "closed" ? w.closed : w.extra}
        {!whole && ` ${one.begins}–${one.ends}`}
        {one.practice && !store.isPractice && ` (${w.wholePractice})`}
      </span>
      {mine && (
        <button type="button" class="button button-square" aria-label={w.remove(date)} onClick={() => void store.removeDay(one)}>
          <Close />
        </button>
      )}
    </li>
  );
}
