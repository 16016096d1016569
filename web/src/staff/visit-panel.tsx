/** The chosen visit: who, when on both clocks, how it stands; move it with one click, call it off with one click. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock, zoneName } from "../lib/time";
import { languageOr } from "./booking";
import { now } from "./clock";
import { SelectField, TextField, type Fault } from "./fields";
import { Close } from "./icons";
import { Call } from "./needs-list";
import { ReachSlot } from "./reach-slot";
import { scheduleWords } from "./schedule-words";
import type { ScheduleStore } from "./schedule-store";
import { explain } from "./session";
import { theirs } from "./slots";
import type { Scope, Slot, Slotted } from "./types";
import { instantsOf, wallOf } from "./wall-time";
import { birthDate, shortDate, words } from "./words";

export function VisitPanel({ store, row }: { store: ScheduleStore; row: Slotted }) {
  const w = scheduleWords.value.visit;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [row.id]);
  const when = `${shortDate(row.start, store.zone)}, ${clock(tag.value, row.start, store.zone)}–${clock(tag.value, row.end, store.zone)}`;
  const status: Record<string, string> = words.value.day.status;
  return (
    <section class="visit-panel" aria-labelledby="visit-title">
      <header>
        <div>
          <h2 id="visit-title" tabIndex={-1} ref={heading}>
            <bdi>{row.person.name}</bdi>
          </h2>
          <p class="quiet">
            {[words.value.common.born(birthDate(row.person.birth_date)), row.person.number, words.value.common.language(row.person.language)].filter(Boolean).join(" · ")}
          </p>
        </div>
        <button type="button" class="button button-square" aria-label={words.value.common.close} onClick={() => store.changes.select(null)}>
          <Close />
        </button>
      </header>
      <p>
        <strong>{when}</strong> {zoneName(tag.value, store.zone, row.start)}
        <br />
        {row.visit_type.name}, {words.value.common.with([row.provider, ...row.co_providers].map((one) => one.name).join(", "))}
      </p>
      <p>
        <span class={row.status === "booked" ? "word-quiet" : "word-teal"}>{status[row.status] ?? row.status}</span>
        {" · "}
        <Answer row={row} />
      </p>
      {row.interpreter && (
        <p class={row.interpreter_status === "accepted" ? "word-good" : "word-warn"}>
          {words.value.needs.interpreter}: {languageOr(row.interpreter)}, {row.interpreter_status === "accepted" ? w.interpreterReady : w.interpreterOpen}
        </p>
      )}
      <p class="button-row">
        <Call store={store} row={row} />
      </p>
      <Note store={store} row={row} />
      <ReachSlot key={row.id} session={store.session} appointmentId={row.id} personId={row.person.id} zone={store.zone} />
      <Reach store={store} row={row} />
      {row.status === "booked" && <MoveTo store={store} row={row} />}
      {row.status === "booked" && Date.parse(row.start) > now.value && <Earlier key={row.id} store={store} row={row} />}
      {(row.status === "booked" || row.status === "arrived") && <CallOff store={store} row={row} />}
    </section>
  );
}

/** From staff to the desk, saved when the field is left. */
function Note({ store, row }: { store: ScheduleStore; row: Slotted }) {
  const w = scheduleWords.value.visit;
  const text = useSignal(row.note ?? "");
  const saved = useSignal(false);
  const save = async (): Promise<void> => {
    if (text.value.trim() === (row.note ?? "")) return;
    saved.value = await store.changes.note(row, text.value);
  };
  return (
    <div class="field">
      <label for="note">{w.note}</label>
      <textarea
        id="note"
        rows={2}
        maxLength={1000}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          saved.value = false;
        }}
        onBlur={() => void save()}
      />
      <p class="hint" role="status">
        {saved.value ? w.noteSaved : w.noteHint}
      </p>
    </div>
  );
}

const REACHES: Scope[] = ["this", "group", "following", "all"];

/** How far a move or a cancellation goes, where the visit is not alone. */
function Reach({ store, row }: { store: ScheduleStore; row: Slotted }) {
  const w = scheduleWords.value.visit;
  if (!row.group_id && !row.series) return null;
  const reaches = REACHES.filter((scope) => scope === "this" || (scope === "group" ? row.group_id : row.series));
  return (
    <SelectField
      id="scope"
      label={w.scope}
      value={store.changes.scope.value}
      onValue={(scope) => (store.changes.scope.value = scope as Scope)}
      options={reaches.map((scope) => [scope, w.scopes[scope]])}
      faults={[]}
    />
  );
}

/** The wish for an earlier time: its form comes when it is wanted. */
function Earlier({ store, row }: { store: ScheduleStore; row: Slotted }) {
  const part = useSignal<typeof import("./waitlist") | null>(null);
  if (part.value) return <part.value.Wish store={store} row={row} />;
  const load = (): void => void import("./waitlist").then((loaded) => (part.value = loaded), (error: unknown) => (store.problem.value = explain(error)));
  return (
    <p>
      <button type="button" class="button" onClick={load}>
        {scheduleWords.value.visit.earlier}
      </button>
    </p>
  );
}

function Answer({ row }: { row: Slotted }) {
  const w = words.value.day;
  const said = { accepted: [w.confirmed, "good"], declined: [w.declined, "bad"], tentative: [w.tentative, "warn"], "needs-action": [w.unconfirmed, "quiet"] } as const;
  const [text, tone] = said[row.participation];
  return <span class={`word-${tone}`}>{text}</span>;
}

function MoveTo({ store, row }: { store: ScheduleStore; row: Slotted }) {
  const w = scheduleWords.value.visit;
  const proposals = store.changes.proposals.value;
  const provider = useSignal(row.provider.id);
  const typing = useSignal(false);
  return (
    <section class="times" aria-labelledby="move-title">
      <h3 id="move-title">{w.moveTo}</h3>
      <SelectField
        id="move-provider"
        label={words.value.book.provider}
        value={provider.value}
        onValue={(id) => {
          provider.value = id;
          void store.changes.propose(id);
        }}
        options={store.lists.providers.map((one) => [one.id, one.name])}
        faults={[]}
      />
      {proposals.state === "busy" && (
        <p class="quiet" role="status">
          {scheduleWords.value.times.busy}
        </p>
      )}
      {proposals.state === "failed" && <p class="word-bad">{proposals.text}</p>}
      {proposals.state === "ready" && proposals.slots.length === 0 && <p class="word-warn">{w.noTimes}</p>}
      {proposals.state === "ready" && (
        <ol class="slots">
          {proposals.slots.map((slot) => (
            <li key={`${slot.provider_id} ${slot.start}`}>
              <MoveButton store={store} row={row} slot={slot} />
            </li>
          ))}
        </ol>
      )}
      {!typing.value && (
        <p>
          <button type="button" class="button" onClick={() => (typing.value = true)}>
            {scheduleWords.value.times.type}
          </button>
        </p>
      )}
      {typing.value && <TypedMove store={store} row={row} providerId={provider.value} />}
      <p class="hint">{w.told}</p>
    </section>
  );
}

function MoveButton({ store, row, slot }: { store: ScheduleStore; row: Slotted; slot: Slot }) {
  const zone = slot.for_provider.zone;
  return (
    <button type="button" class="slot" onClick={() => void store.changes.move(row, { start: slot.start, provider_id: slot.provider_id })}>
      <span class="slot-when">
        <span>
          <strong>
            {shortDate(slot.start, zone)}, {clock(tag.value, slot.start, zone)}
          </strong>{" "}
          {zoneName(tag.value, zone, slot.start)}
        </span>
        <span>{[theirs(slot), words.value.common.with(slot.provider_name)].filter(Boolean).join(" · ")}</span>
      </span>
    </button>
  );
}

function TypedMove({ store, row, providerId }: { store: ScheduleStore; row: Slotted; providerId: string }) {
  const w = scheduleWords.value;
  const wall = useSignal(wallOf(Date.parse(row.start), store.zone));
  const faults = useSignal<Fault[]>([]);
  const submit = (event: Event): void => {
    event.preventDefault();
    const instants = instantsOf(wall.value, store.zone);
    const at = instants[0];
    if (at === undefined) faults.value = [{ field: "move-time", text: w.times.skipped }];
    else if (instants.length > 1) faults.value = [{ field: "move-time", text: w.visit.twice }];
    else void store.changes.move(row, { start: new Date(at).toISOString().replace(/\.\d+Z$/, "Z"), provider_id: providerId });
  };
  return (
    <form class="times" noValidate onSubmit={submit} aria-label={w.times.type}>
      <div class="pair">
        <TextField
          id="move-date"
          label={words.value.book.date}
          type="date"
          value={wall.value.date}
          onValue={(date) => (wall.value = { ...wall.value, date })}
          faults={faults.value}
        />
        <TextField
          id="move-time"
          label={words.value.book.time(zoneName(tag.value, store.zone))}
          type="time"
          value={wall.value.time}
          onValue={(time) => (wall.value = { ...wall.value, time })}
          faults={faults.value}
        />
      </div>
      <p>
        <button type="submit" class="button button-main">
          {w.visit.move}
        </button>
      </p>
    </form>
  );
}

/** The reason is the button: it says what the patient is told, and there is a moment to take it back. */
function CallOff({ store, row }: { store: ScheduleStore; row: Slotted }) {
  const w = scheduleWords.value.visit;
  return (
    <section class="times" aria-labelledby="off-title">
      <h3 id="off-title">{w.callOff}</h3>
      <div class="button-row">
        <button type="button" class="button button-stop" onClick={() => store.changes.cancel(row, "pat")}>
          {w.patientCannot}
        </button>
        <button type="button" class="button button-stop" onClick={() => store.changes.cancel(row, "prov")}>
          {w.clinicCannot}
        </button>
      </div>
      <p class="hint">{w.callOffHint}</p>
    </section>
  );
}
