/** The booking panel: who, what, when, what will be sent, and one button. */
import { useEffect, useRef } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock, zoneName } from "../lib/time";
import { AddPerson } from "./add-person";
import { now } from "./clock";
import { ErrorSummary, SelectField, TextField } from "./fields";
import { FindPerson } from "./find-person";
import { Tick } from "./icons";
import { Planned } from "./planned";
import type { ScheduleStore } from "./schedule-store";
import { inMinutes, onTheHour } from "./wall-time";
import { birthDate, shortDate, words } from "./words";

export function Booking({ store }: { store: ScheduleStore }) {
  if (store.booked.value) return <BookedPanel store={store} />;
  if (store.adding.value !== null) return <AddPerson store={store} typed={store.adding.value} />;
  return <BookForm store={store} />;
}

function BookForm({ store }: { store: ScheduleStore }) {
  const w = words.value.book;
  const faults = store.faults.value;
  return (
    <form
      class="book"
      noValidate
      aria-labelledby="book-title"
      onSubmit={(event) => {
        event.preventDefault();
        void store.book();
      }}
    >
      <h2 id="book-title">{w.title}</h2>
      <ErrorSummary faults={faults} />
      {store.person.value ? <Chosen store={store} /> : <FindPerson store={store} faults={faults} />}
      {store.lists.types.length === 0 && <p class="notice notice-amber">{w.noTypes}</p>}
      <div class="pair">
        <SelectField
          id="type"
          label={w.type}
          value={store.typeId.value}
          onValue={(id) => (store.typeId.value = id)}
          options={store.lists.types.map((type) => [type.id, `${type.name}, ${words.value.common.minutes(type.minutes)}`])}
          faults={faults}
        />
        <SelectField
          id="provider"
          label={w.provider}
          value={store.providerId.value}
          onValue={(id) => (store.providerId.value = id)}
          options={store.lists.providers.map((provider) => [provider.id, provider.name])}
          faults={faults}
        />
      </div>
      <When store={store} />
      <TextField
        id="reason"
        label={w.reason}
        hint={w.reasonHint}
        optional
        value={store.reason.value}
        onValue={(reason) => (store.reason.value = reason)}
        faults={faults}
        input={{ autocomplete: "off", maxLength: 200 }}
      />
      <PreviewBox store={store} />
      <button type="submit" class="button button-main button-big" disabled={store.busy.value}>
        {store.busy.value ? w.booking : bookLabel(store)}
      </button>
    </form>
  );
}

function bookLabel(store: ScheduleStore): string {
  const w = words.value.book;
  const { date, time } = store.wall.value;
  if (!date || !time) return w.bookPlain;
  // Wall time shown as it was entered: formatted as UTC, so that no zone moves it.
  const wall = new Date(`${date}T${time}:00Z`);
  return w.book(`${shortDate(wall, "UTC")}, ${clock(tag.value, wall, "UTC")}`);
}

function Chosen({ store }: { store: ScheduleStore }) {
  const w = words.value;
  const person = store.person.value;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  if (!person) return null;
  const needs = person.needs.map((need) =>
    need.kind === "interpreter" && need.detail ? `${w.needs.interpreter}: ${languageOr(need.detail)}` : w.needs[need.kind],
  );
  return (
    <div class="chosen" tabIndex={-1} ref={box} aria-label={`${w.book.who}: ${person.name}`} role="group">
      <div>
        <p class="chosen-name">
          <strong>{person.name}</strong> <span class="quiet">{person.number}</span>
        </p>
        <p class="quiet">
          {[w.common.born(birthDate(person.birth_date)), w.common.language(person.language), person.phone_masked].filter(Boolean).join(" · ")}
        </p>
        {needs.length > 0 && <p class="chosen-needs">{needs.join(", ")}</p>}
      </div>
      <button
        type="button"
        class="button"
        onClick={() => {
          store.person.value = null;
        }}
      >
        {w.book.change}
      </button>
    </div>
  );
}

function languageOr(detail: string): string {
  return /^[a-z]{2,3}(-[A-Za-z0-9]+)*$/.test(detail) ? words.value.common.language(detail) : detail;
}

function When({ store }: { store: ScheduleStore }) {
  const w = words.value.book;
  const wall = store.wall.value;
  const quick: [string, () => void][] = [
    [w.in5, () => (store.wall.value = inMinutes(now.peek(), 5, store.zone))],
    [w.in15, () => (store.wall.value = inMinutes(now.peek(), 15, store.zone))],
    [w.onHour, () => (store.wall.value = onTheHour(now.peek(), store.zone))],
  ];
  return (
    <>
      <div class="pair">
        <TextField
          id="date"
          label={w.date}
          type="date"
          value={wall.date}
          onValue={(date) => (store.wall.value = { ...wall, date })}
          faults={store.faults.value}
        />
        <TextField
          id="time"
          label={w.time(zoneName(tag.value, store.zone))}
          type="time"
          value={wall.time}
          onValue={(time) => (store.wall.value = { ...wall, time })}
          faults={store.faults.value}
        />
      </div>
      <div class="chips" role="group" aria-label={w.soon}>
        {quick.map(([label, act]) => (
          <button type="button" key={label} class="chip" onClick={act}>
            {label}
          </button>
        ))}
      </div>
    </>
  );
}

function PreviewBox({ store }: { store: ScheduleStore }) {
  const w = words.value.book;
  const preview = store.preview.value;
  return (
    <section class="preview" aria-labelledby="preview-title">
      <h3 id="preview-title">{w.preview}</h3>
      {preview.state === "none" && <p class="quiet">{w.previewWait}</p>}
      {preview.state === "busy" && (
        <p class="quiet" role="status">
          {w.previewBusy}
        </p>
      )}
      {preview.state === "failed" && <p class="word-bad">{preview.text}</p>}
      {preview.state === "ready" && preview.messages.length === 0 && <p class="word-warn">{w.previewNone}</p>}
      {preview.state === "ready" && preview.messages.length > 0 && <Planned messages={preview.messages} zone={store.zone} />}
    </section>
  );
}

function BookedPanel({ store }: { store: ScheduleStore }) {
  const w = words.value.book;
  const row = store.bookedRow.value;
  const booked = store.booked.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  if (!row || !booked) return null;
  const when = `${shortDate(row.start, store.zone)}, ${clock(tag.value, row.start, store.zone)} (${zoneName(tag.value, store.zone)})`;
  return (
    <section class="booked" aria-labelledby="booked-title">
      <h2 id="booked-title" tabIndex={-1} ref={heading}>
        <Tick /> {w.booked}
      </h2>
      <p class="booked-line">
        <strong>{row.person.name}</strong>
        <span>{when}</span>
        <span>{words.value.common.with(row.provider.name)}</span>
      </p>
      <h3>{w.sentTitle}</h3>
      <div aria-live="polite">
        {booked.messages.length === 0 ? (
          <p class="word-warn">{w.previewNone}</p>
        ) : (
          <Planned messages={booked.messages} zone={store.zone} ledger={store.ledger.value} />
        )}
      </div>
      <button type="button" class="button button-main" onClick={() => store.again()}>
        {w.another}
      </button>
    </section>
  );
}
