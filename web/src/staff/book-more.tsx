/** A booking that is more than one visit: it repeats, several people share it, another provider is in it. Loaded when wanted. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { locale, tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { BOOK_MORE } from "../messages/book-more";
import { region } from "./booking";
import type { BookingStore } from "./booking-store";
import { SelectField, TextField } from "./fields";
import { FindPerson } from "./find-person";
import { Close, Warning } from "./icons";
import type { FoundPerson } from "./types";
import { birthDate, shortDate, words } from "./words";

export default function BookMore({ store }: { store: BookingStore }) {
  return (
    <>
      <Beside store={store} />
      <People store={store} />
      <Repeat store={store} />
      <OthersOutside store={store} />
    </>
  );
}

/** The heading of what was booked at once. */
export function BookedMany({ store }: { store: BookingStore }) {
  const rows = store.booked.value?.rows ?? [];
  const w = BOOK_MORE[locale.value];
  const zone = store.session.me.practice.zone;
  return (
    <>
      <p>{w.booked(rows.length)}</p>
      <ul class="days">
        {rows.map((row) => (
          <li key={row.id}>
            <strong>{`${shortDate(row.start, zone)}, ${clock(tag.value, row.start, zone)}`}</strong>
            <span>
              <bdi>{row.person.name}</bdi>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Beside({ store }: { store: BookingStore }) {
  const w = BOOK_MORE[locale.value];
  const when = store.when.value;
  const main = when.kind === "slot" ? when.slot.provider_id : store.providerId.value;
  const others = store.lists.providers.filter((one) => one.id !== main);
  if (others.length === 0) return null;
  const toggle = (id: string): void => {
    const chosen = store.beside.value;
    store.beside.value = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(-4);
  };
  return (
    <fieldset class="checks" id="beside">
      <legend>{w.beside}</legend>
      <p class="hint">{w.besideHint}</p>
      {others.map((one) => (
        <label key={one.id} class="check">
          <input type="checkbox" checked={store.beside.value.includes(one.id)} onChange={() => toggle(one.id)} />
          <span>{one.name}</span>
        </label>
      ))}
    </fieldset>
  );
}

function People({ store }: { store: BookingStore }) {
  const w = BOOK_MORE[locale.value];
  const people = store.people.value;
  const before = useRef(people.length);
  // The search is drawn anew for the next person: it keeps the keyboard.
  useEffect(() => {
    if (people.length !== before.current) document.getElementById("find")?.focus();
    before.current = people.length;
  }, [people.length]);
  const add = (person: FoundPerson | null): void => {
    const taken = [store.person.value, ...people].some((one) => one?.id === person?.id);
    if (person && !taken && store.room > 0) store.people.value = [...people, person];
  };
  return (
    <section class="times" aria-labelledby="people-title">
      <h3 id="people-title">{w.people}</h3>
      <p class="hint">{w.peopleHint}</p>
      {people.length > 0 && (
        <ul class="days">
          {people.map((one) => (
            <li key={one.id}>
              <strong>
                <bdi>{one.name}</bdi>
              </strong>
              <span>{words.value.common.born(birthDate(one.birth_date))}</span>
              <button type="button" class="button button-square" aria-label={w.remove(one.name)} onClick={() => (store.people.value = people.filter((other) => other.id !== one.id))}>
                <Close />
              </button>
            </li>
          ))}
        </ul>
      )}
      {store.room > 0 ? (
        <FindPerson key={people.length} store={{ session: store.session, choosePerson: add, adding: signal(null) }} faults={[]} onlyKnown />
      ) : (
        <p class={store.room < 0 ? "word-bad" : "word-warn"} id="find" tabIndex={-1} role="status">
          {w.full(people.length + 1 + store.room)}
        </p>
      )}
    </section>
  );
}

/** Of the patient and the provider themselves the form says it. */
function OthersOutside({ store }: { store: BookingStore }) {
  const w = BOOK_MORE[locale.value];
  const found = store.othersOutside.value;
  if (found.length === 0) return null;
  const people = [store.person.value, ...store.people.value];
  return (
    <div class="notice notice-amber" role="status">
      <Warning />
      <div>
        {found.map((one) => (
          <p key={`${one.person_id} ${one.provider_id}`}>
            {w.unlicensed(
              people.find((person) => person?.id === one.person_id)?.name ?? "",
              region(one.region),
              store.lists.providers.find((provider) => provider.id === one.provider_id)?.name ?? "",
            )}
          </p>
        ))}
      </div>
    </div>
  );
}

function Repeat({ store }: { store: BookingStore }) {
  const w = BOOK_MORE[locale.value];
  const choice = store.every.value;
  useEffect(() => {
    store.occurrences.value = null;
  }, [choice, store.count.value, store.when.value]);
  return (
    <>
      <div class="pair">
        <SelectField id="repeat" label={w.repeat} value={choice} onValue={(next) => (store.every.value = next)} options={Object.entries(w.freq)} faults={[]} />
        {choice && (
          <TextField
            id="count"
            label={w.times}
            type="number"
            value={store.count.value}
            onValue={(next) => (store.count.value = next)}
            faults={store.faults.value}
            input={{ min: 2, max: 52 }}
          />
        )}
      </div>
      {choice && (
        <p>
          <button type="button" class="button" onClick={() => void store.layOut()}>
            {w.look}
          </button>
        </p>
      )}
      {choice && store.occurrences.value && <Dates store={store} />}
    </>
  );
}

function Dates({ store }: { store: BookingStore }) {
  const w = BOOK_MORE[locale.value];
  const zone = store.session.me.practice.zone;
  const list = store.occurrences.value ?? [];
  const out = store.leftOut.value;
  const wrong = list.some((one) => one.state !== "free" && !out.includes(one.wall));
  return (
    <section aria-labelledby="dates-title">
      <h3 id="dates-title">{w.dates}</h3>
      <ul class="days">
        {list.map((one) => {
          const when = one.start ? `${shortDate(one.start, zone)}, ${clock(tag.value, one.start, zone)}` : one.wall.replace("T", " ");
          const left = out.includes(one.wall);
          const state = left ? "left-out" : one.state;
          return (
            <li key={one.wall}>
              <strong>{when}</strong>
              <span class={state === "free" ? "word-good" : state === "left-out" ? "quiet" : "word-warn"}>
                {w.states[state]}
                {state === "free" && !one.in_hours ? `, ${w.outside}` : ""}
              </span>
              {one.number > 1 && (
                <button type="button" class="button" aria-label={(left ? w.takeIn : w.leaveOut)(when)} onClick={() => (store.leftOut.value = left ? out.filter((wall) => wall !== one.wall) : [...out, one.wall])}>
                  {left ? w.in : w.out}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {wrong && (
        <p class="word-warn" role="status">
          {w.unclear}
        </p>
      )}
    </section>
  );
}
