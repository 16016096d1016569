/** Find a patient by three letters or a phone number: an editable combobox with a list (WAI-ARIA APG). */
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../lib/api";
import type { Fault } from "./fields";
import { Plus, Search } from "./icons";
import type { BookingStore } from "./booking-store";
import { explain } from "./session";
import type { FoundPerson } from "./types";
import { birthDate, words } from "./words";

const TYPING_MS = 180;

/** Worth asking the server: 3 letters of a name, or 3 digits of a number. */
export function searchable(q: string): boolean {
  return q.trim().length >= 3;
}

interface Found {
  q: string;
  people: FoundPerson[];
}

interface FindProps {
  store: Pick<BookingStore, "session" | "choosePerson" | "adding">;
  faults: Fault[];
  /** Nobody new can be added here. */
  onlyKnown?: boolean;
}

export function FindPerson({ store, faults, onlyKnown = false }: FindProps) {
  const w = words.value.book;
  const [q, setQ] = useState("");
  const [found, setFound] = useState<Found | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const [active, setActive] = useState(-1);
  const [open, setOpen] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const fault = faults.find((one) => one.field === "find");

  useEffect(() => {
    if (!searchable(q)) {
      setFound(null);
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      store.session.api.get<{ people: FoundPerson[] }>(`/v1/people?q=${encodeURIComponent(q.trim())}`, { signal: abort.signal }).then(
        ({ people }) => {
          setFound({ q, people });
          setActive(people.length > 0 ? 0 : -1);
          setFailed(null);
          setOpen(true);
        },
        (error: unknown) => {
          if (!abort.signal.aborted) setFailed(explain(error instanceof Problem ? error : null));
        },
      );
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [q]);

  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const people = found?.people ?? [];
  const shown = open && searchable(q) && found !== null;
  // The last option adds a new person under what was typed.
  const options = people.length + (onlyKnown ? 0 : 1);
  const choose = (at: number): void => {
    const person = people[at];
    setOpen(false);
    if (person) store.choosePerson(person);
    else if (!onlyKnown) store.adding.value = q.trim();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (!shown) {
      if (event.key === "ArrowDown" && found) setOpen(true);
      return;
    }
    if (event.key.startsWith("Arrow") && options === 0) return;
    if (event.key === "ArrowDown") setActive((active + 1) % options);
    else if (event.key === "ArrowUp") setActive((active - 1 + options) % options);
    else if (event.key === "Enter") choose(active < 0 ? people.length : active);
    else if (event.key === "Escape") setOpen(false);
    else return;
    event.preventDefault();
  };

  return (
    <div class={fault ? "field field-wrong find" : "field find"}>
      <label for="find">{w.search}</label>
      <p class="hint" id="find-hint">
        {w.searchHint}
      </p>
      {fault && (
        <p class="fault" id="find-fault">
          {fault.text}
        </p>
      )}
      <div class="find-box">
        <Search />
        <input
          id="find"
          type="text"
          role="combobox"
          autocomplete="off"
          spellcheck={false}
          aria-autocomplete="list"
          aria-expanded={shown}
          aria-controls="find-list"
          aria-describedby={fault ? "find-hint find-fault" : "find-hint"}
          {...(fault ? { "aria-invalid": "true" as const } : {})}
          {...(shown && active >= 0 ? { "aria-activedescendant": `find-${active}` } : {})}
          value={q}
          onInput={(event) => setQ(event.currentTarget.value)}
          onKeyDown={onKey}
          onBlur={() => setOpen(false)}
          onFocus={() => setOpen(true)}
        />
        <ul id="find-list" role="listbox" aria-label={w.who} hidden={!shown} ref={list} class="options">
          {people.map((person, at) => (
            <Option key={person.id} at={at} active={active} onChoose={choose}>
              <strong>{person.name}</strong>
              <span>{[words.value.common.born(birthDate(person.birth_date)), person.number, person.phone_masked].filter(Boolean).join(" · ")}</span>
            </Option>
          ))}
          {!onlyKnown && (
            <Option at={people.length} active={active < 0 ? people.length : active} onChoose={choose}>
              <span class="option-add">
                <Plus /> {w.addNamed(q.trim())}
              </span>
            </Option>
          )}
        </ul>
      </div>
      <p role="status" class={failed ? "fault" : "sr-only"}>
        {failed ?? (shown ? w.found(people.length) : "")}
      </p>
      {!onlyKnown && (
        <p>
          <button type="button" class="link-button" onClick={() => (store.adding.value = q.trim())}>
            <Plus /> {w.add}
          </button>
        </p>
      )}
    </div>
  );
}

interface OptionProps {
  at: number;
  active: number;
  onChoose: (at: number) => void;
  children: preact.ComponentChildren;
}

function Option({ at, active, onChoose, children }: OptionProps) {
  return (
    <li
      id={`find-${at}`}
      role="option"
      aria-selected={at === active}
      // Before the field's blur closes the list.
      onMouseDown={(event) => {
        event.preventDefault();
        onChoose(at);
      }}
    >
      {children}
    </li>
  );
}
