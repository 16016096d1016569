/** The times to choose from: three proposals on both clocks, one click holds one; or a time typed by hand. */
import { tag } from "../lib/i18n";
import { clock, dayKey, offsetText, zoneName } from "../lib/time";
import type { BookingStore } from "./booking-store";
import { now } from "./clock";
import { SelectField, TextField } from "./fields";
import { Lock } from "./icons";
import { scheduleWords } from "./schedule-words";
import { Kbd } from "./shell";
import type { Hold, Slot } from "./types";
import { inMinutes, onTheHour } from "./wall-time";
import { count, countdown, shortDate, words } from "./words";

export function Times({ store }: { store: BookingStore }) {
  const w = scheduleWords.value.times;
  return (
    <section class="times" aria-labelledby="times-title">
      <h3 id="times-title">{w.title}</h3>
      {store.when.value.kind === "typed" ? <Typed store={store} /> : <Proposals store={store} />}
    </section>
  );
}

function Proposals({ store }: { store: BookingStore }) {
  const w = scheduleWords.value.times;
  const times = store.times.value;
  const fault = store.faults.value.find((one) => one.field === "slot-1");
  return (
    <>
      {times.state === "busy" && (
        <p class="quiet" role="status">
          {w.busy}
        </p>
      )}
      {times.state === "failed" && <p class="word-bad">{times.text}</p>}
      {times.state === "ready" && times.gone && (
        <p class="word-warn" role="alert">
          {w.gone}
        </p>
      )}
      {times.state === "ready" && times.answer.person?.known === false && <p class="hint">{w.unknownZone}</p>}
      {fault && <p class="fault">{fault.text}</p>}
      {times.state === "ready" && times.answer.none && (
        <p class="word-warn">{times.answer.none === "no-hours" ? w.noHours : w.noneFree}</p>
      )}
      {times.state === "ready" && times.answer.slots.length > 0 && (
        <ol class="slots">
          {times.answer.slots.map((slot, at) => (
            <li key={`${slot.provider_id} ${slot.start}`}>
              <SlotButton store={store} slot={slot} at={at} />
            </li>
          ))}
        </ol>
      )}
      <p class="button-row">
        <button type="button" class="button" onClick={() => store.type()}>
          {w.type}
        </button>
        {times.state === "ready" && times.answer.slots.length > 0 && (
          <button type="button" class="button" onClick={() => store.later()}>
            {w.later}
          </button>
        )}
        {store.from.value && (
          <button type="button" class="button" onClick={() => store.wish(() => (store.from.value = null))}>
            {w.fromNow}
          </button>
        )}
      </p>
    </>
  );
}

/** `14:30`, with the UTC offset where that clock shows the time twice in the night. */
function timeOn(slot: Slot, zone: string, ambiguous: boolean): string {
  const time = clock(tag.value, slot.start, zone);
  return ambiguous ? `${time} (UTC${offsetText(Date.parse(slot.start), zone)})` : time;
}

/** How the patient's clock shows a slot; null when it shows the same. */
export function theirs(slot: Slot): string | null {
  const [mine, own] = [slot.for_provider, slot.for_person];
  if (!own) return null;
  const sameTime = own.offset === mine.offset;
  if (sameTime && own.zone === mine.zone) return null;
  if (sameTime) return scheduleWords.value.times.sameForThem;
  const otherDay = dayKey(slot.start, own.zone) !== dayKey(slot.start, mine.zone);
  const time = `${otherDay ? `${shortDate(slot.start, own.zone)}, ` : ""}${timeOn(slot, own.zone, own.ambiguous)}`;
  return scheduleWords.value.times.forThem(time, zoneName(tag.value, own.zone, slot.start));
}

function SlotButton({ store, slot, at }: { store: BookingStore; slot: Slot; at: number }) {
  const w = scheduleWords.value.times;
  const when = store.when.value;
  const chosen = when.kind === "slot" && when.slot === slot;
  const zone = slot.for_provider.zone;
  const why = w.why[slot.why];
  return (
    <button
      type="button"
      id={`slot-${at + 1}`}
      class="slot"
      aria-pressed={chosen}
      onClick={() => void store.choose(slot)}
    >
      <Kbd>{count(at + 1)}</Kbd>
      <span class="slot-when">
        <span>
          <strong>
            {shortDate(slot.start, zone)}, {timeOn(slot, zone, slot.for_provider.ambiguous)}
          </strong>{" "}
          {zoneName(tag.value, zone, slot.start)}
        </span>
        <span>{[theirs(slot), words.value.common.with(slot.provider_name), why].filter(Boolean).join(" · ")}</span>
      </span>
      {chosen && !store.every.value && <Held hold={when.hold} />}
    </button>
  );
}

function Held({ hold }: { hold: Hold | null }) {
  const w = scheduleWords.value.times;
  if (!hold) return <span class="slot-held">{w.holding}</span>;
  const left = Math.floor((Date.parse(hold.expires_at) - now.value) / 1000);
  return (
    <span class={left > 0 ? "slot-held" : "slot-held word-warn"}>
      {left > 0 && <Lock />}
      {left > 0 ? w.held(countdown(Math.min(left, 120))) : w.lapsed}
    </span>
  );
}

function Typed({ store }: { store: BookingStore }) {
  const w = words.value.book;
  const s = scheduleWords.value.times;
  const wall = store.wall.value;
  const zone = store.zone.value;
  const clinic = store.session.me.practice.zone;
  const own = store.personZone;
  const quick: [string, () => void][] = [
    [w.in5, () => store.typeWall(inMinutes(now.peek(), 5, zone))],
    [w.in15, () => store.typeWall(inMinutes(now.peek(), 15, zone))],
    [w.onHour, () => store.typeWall(onTheHour(now.peek(), zone))],
  ];
  return (
    <>
      <div class="pair">
        <TextField
          id="date"
          label={w.date}
          type="date"
          value={wall.date}
          onValue={(date) => store.typeWall({ ...store.wall.peek(), date })}
          faults={store.faults.value}
        />
        <TextField
          id="time"
          label={w.time(zoneName(tag.value, zone))}
          type="time"
          value={wall.time}
          onValue={(time) => store.typeWall({ ...store.wall.peek(), time })}
          faults={skipped(store) ?? store.faults.value}
        />
      </div>
      {own && own !== clinic && (
        <SelectField
          id="zone"
          label={s.zone}
          value={zone}
          onValue={(next) => store.typeWall(store.wall.peek(), next)}
          options={[
            [clinic, s.clinicZone(zoneName(tag.value, clinic))],
            [own, s.personZone(zoneName(tag.value, own))],
          ]}
          faults={store.faults.value}
        />
      )}
      {store.instants.value.length === 2 && <Which store={store} />}
      <div class="chips" role="group" aria-label={w.soon}>
        {quick.map(([label, act]) => (
          <button type="button" key={label} class="chip" onClick={act}>
            {label}
          </button>
        ))}
      </div>
      <p>
        <button type="button" class="button" onClick={() => store.proposals()}>
          {s.proposals}
        </button>
      </p>
    </>
  );
}

/** Said beside the field at once: a time that the clocks skip cannot be booked by anybody. */
function skipped(store: BookingStore) {
  const { date, time } = store.wall.value;
  if (!date || !time || store.instants.value.length > 0) return null;
  return [{ field: "time", text: scheduleWords.value.times.skipped }];
}

function Which({ store }: { store: BookingStore }) {
  const w = scheduleWords.value.times;
  const fault = store.faults.value.find((one) => one.field === "which-0");
  return (
    <fieldset class={fault ? "checks field-wrong" : "checks"}>
      <legend>{w.which}</legend>
      {fault && <p class="fault">{fault.text}</p>}
      {store.instants.value.map((at, which) => (
        <label key={at} class="check">
          <input
            id={`which-${which}`}
            type="radio"
            name="which"
            checked={store.which.value === which}
            onChange={() => (store.which.value = which as 0 | 1)}
          />
          <span>{(which === 0 ? w.first : w.second)(offsetText(at, store.zone.value))}</span>
        </label>
      ))}
    </fieldset>
  );
}
