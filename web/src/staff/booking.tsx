/** The booking panel: who, what, when, what will be sent, and one button. */
import { useEffect, useRef, useState } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock, zoneName } from "../lib/time";
import { AddPerson, LANGUAGES } from "./add-person";
import type { BookingStore } from "./booking-store";
import { ErrorSummary, SelectField, TextField } from "./fields";
import { FindPerson } from "./find-person";
import { Plus, Tick, Warning } from "./icons";
import { Planned } from "./planned";
import { scheduleWords } from "./schedule-words";
import { explain } from "./session";
import { Times } from "./slots";
import { birthDate, shortDate, words } from "./words";

export function Booking({ store }: { store: BookingStore }) {
  if (store.booked.value) return <BookedPanel store={store} />;
  if (store.adding.value !== null) return <AddPerson store={store} typed={store.adding.value} />;
  return <BookForm store={store} />;
}

function BookForm({ store }: { store: BookingStore }) {
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
      {store.types.length === 0 && <p class="notice notice-amber">{w.noTypes}</p>}
      {store.person.value && <Wishes store={store} />}
    </form>
  );
}

function Wishes({ store }: { store: BookingStore }) {
  const w = words.value.book;
  const faults = store.faults.value;
  const asked = store.person.value?.needs.find((need) => need.kind === "interpreter")?.detail;
  const languages = [...new Set([...(asked ? [asked] : []), ...LANGUAGES])];
  return (
    <>
      <div class="pair">
        <SelectField
          id="type"
          label={w.type}
          value={store.typeId.value}
          onValue={(id) => store.wish(() => store.chooseType(id))}
          options={store.types.map((type) => [type.id, `${type.name}, ${words.value.common.minutes(type.minutes)}`])}
          faults={faults}
        />
        <SelectField
          id="provider"
          label={w.provider}
          value={store.providerId.value}
          onValue={(id) => store.wish(() => (store.providerId.value = id))}
          options={[
            ["", scheduleWords.value.times.anyone],
            ...store.providers.map((provider): [string, string] => [provider.id, provider.name]),
          ]}
          faults={faults}
        />
      </div>
      <Times store={store} />
      <div class="pair">
        <SelectField
          id="interpreter"
          label={scheduleWords.value.times.interpreter}
          value={store.interpreter.value}
          onValue={(language) => (store.interpreter.value = language)}
          options={[["", words.value.ready.noInterpreter], ...languages.map((code): [string, string] => [code, languageOr(code)])]}
          faults={faults}
        />
        <TextField
          id="reason"
          label={w.reason}
          optional
          value={store.reason.value}
          onValue={(reason) => (store.reason.value = reason)}
          faults={faults}
          input={{ autocomplete: "off", maxLength: 200, "aria-describedby": "reason-hint" }}
        />
      </div>
      <p class="hint" id="reason-hint">
        {w.reasonHint}
      </p>
      <More store={store} />
      {store.outside.value && (
        <p class="notice notice-amber" role="status">
          <Warning /> <span>{scheduleWords.value.times.outside(region(store.outside.value))}</span>
        </p>
      )}
      {store.clash.value && <Clash text={store.clash.value} act={scheduleWords.value.times.bookEvenSo} onAct={() => void store.book(true)} />}
      {!store.clash.value && <PreviewBox store={store} />}
      <button type="submit" class="button button-main button-big" disabled={store.busy.value}>
        {store.busy.value ? w.booking : bookLabel(store)}
      </button>
    </>
  );
}

/** `US-CA` as `United States (US-CA)`. */
export function region(code: string): string {
  const country = new Intl.DisplayNames(tag.value, { type: "region" }).of(code.split("-")[0] ?? code) ?? code;
  return code.includes("-") ? `${country} (${code})` : country;
}

/** What few bookings need comes when it is asked for. */
function More({ store }: { store: BookingStore }) {
  const [part, setPart] = useState<typeof import("./book-more") | null>(null);
  const pressed = useRef(false);
  const load = (): void => void import("./book-more").then(setPart, (error: unknown) => store.onProblem(explain(error)));
  // What was chosen here is booked for another patient too: it stays in sight.
  useEffect(() => void (store.isMore && load()), []);
  // The button that had the keyboard is gone.
  useEffect(() => {
    if (part && pressed.current) document.querySelector<HTMLElement>("#beside input, #find")?.focus();
  }, [part]);
  if (part) return <part.default store={store} />;
  const press = (): void => {
    pressed.current = true;
    load();
  };
  return (
    <p>
      <button type="button" class="link-button" onClick={press}>
        <Plus /> {scheduleWords.value.times.more}
      </button>
    </p>
  );
}

/** The person has another visit then; going on is a decision of its own, and on record. */
export function Clash({ text, act, onAct }: { text: string; act: string; onAct: () => void }) {
  return (
    <div class="notice notice-amber" role="alert">
      <Warning />
      <div>
        <p>{text}</p>
        <button type="button" class="button" onClick={onAct}>
          {act}
        </button>
      </div>
    </div>
  );
}

function bookLabel(store: BookingStore): string {
  const w = words.value.book;
  const when = store.when.value;
  if (when.kind === "slot") {
    const zone = when.slot.for_provider.zone;
    return w.book(`${shortDate(when.slot.start, zone)}, ${clock(tag.value, when.slot.start, zone)}`);
  }
  const { date, time } = store.wall.value;
  if (when.kind === "none" || !date || !time) return w.bookPlain;
  // Wall time shown as it was entered: formatted as UTC, so that no zone moves it.
  const wall = new Date(`${date}T${time}:00Z`);
  return w.book(`${shortDate(wall, "UTC")}, ${clock(tag.value, wall, "UTC")}`);
}

function Chosen({ store }: { store: BookingStore }) {
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
      <button type="button" class="button" onClick={() => store.choosePerson(null)}>
        {w.book.change}
      </button>
    </div>
  );
}

export function languageOr(detail: string): string {
  return /^[a-z]{2,3}(-[A-Za-z0-9]+)*$/.test(detail) ? words.value.common.language(detail) : detail;
}

/** Messages are shown at the times that the patient will read them, in the patient's zone. */
function PreviewBox({ store }: { store: BookingStore }) {
  const w = words.value.book;
  const preview = store.preview.value;
  const zone = store.personZone ?? store.session.me.practice.zone;
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
      {preview.state === "ready" && preview.messages.length > 0 && (
        <>
          <p class="hint">{scheduleWords.value.times.sendZone(zoneName(tag.value, zone))}</p>
          <Planned messages={preview.messages} zone={zone} />
        </>
      )}
    </section>
  );
}

function Many({ store }: { store: BookingStore }) {
  const [part, setPart] = useState<typeof import("./book-more") | null>(null);
  useEffect(() => void import("./book-more").then(setPart, (error: unknown) => store.onProblem(explain(error))), []);
  return part && <part.BookedMany store={store} />;
}

/** What became of the messages of the first of many visits. */
function Sent({ store }: { store: BookingStore }) {
  const zone = store.personZone ?? store.session.me.practice.zone;
  const lines = store.ledger.value.filter((line): line is typeof line & { channel: "sms" | "email" } => line.channel === "sms" || line.channel === "email");
  return <Planned messages={lines.map((line) => ({ channel: line.channel, step: line.step, due: line.due, body: "" }))} zone={zone} ledger={lines} />;
}

function BookedPanel({ store }: { store: BookingStore }) {
  const w = words.value.book;
  const row = store.bookedRow.value;
  const booked = store.booked.value;
  const clinic = store.session.me.practice.zone;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  if (!row || !booked) return null;
  const when = `${shortDate(row.start, clinic)}, ${clock(tag.value, row.start, clinic)} (${zoneName(tag.value, clinic)})`;
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
      {booked.rows && <Many store={store} />}
      <h3>{w.sentTitle}</h3>
      <div aria-live="polite">
        {booked.rows ? (
          <Sent store={store} />
        ) : booked.messages.length === 0 ? (
          <p class="word-warn">{w.previewNone}</p>
        ) : (
          <Planned messages={booked.messages} zone={store.personZone ?? clinic} ledger={store.ledger.value} />
        )}
      </div>
      <button type="button" class="button button-main" onClick={() => store.again()}>
        {w.another}
      </button>
    </section>
  );
}
