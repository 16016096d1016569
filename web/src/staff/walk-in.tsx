/** Somebody without an appointment: found by three letters, put in a line, sent a link. */
import { useEffect, useState } from "preact/hooks";
import type { DeskStore } from "./desk-store";
import { Dialog } from "./dialog";
import { explain } from "./session";
import type { FoundPerson, Pool, Provider, VisitType } from "./types";
import { birthDate, deskWords, words } from "./words";

interface Choices {
  types: VisitType[];
  providers: Provider[];
  pools: Pool[];
}

const TYPING_MS = 200;

async function choices(store: DeskStore): Promise<Choices> {
  const get = store.session.api;
  const [{ visit_types }, { providers }, { pools }] = await Promise.all([
    get.get<{ visit_types: VisitType[] }>("/v1/visit-types"),
    get.get<{ providers: Provider[] }>("/v1/providers"),
    get.get<{ pools: Pool[] }>("/v1/pools"),
  ]);
  return { types: visit_types, providers, pools: pools.filter((pool) => pool.active) };
}

export function WalkInDialog({ store, onClose }: { store: DeskStore; onClose: () => void }) {
  const w = deskWords.value.walkIn;
  const [all, setAll] = useState<Choices | null>(null);
  const [person, setPerson] = useState<FoundPerson | null>(null);
  const [type, setType] = useState("");
  const [place, setPlace] = useState("");
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    choices(store).then(
      (found) => {
        setAll(found);
        setType(found.types[0]?.id ?? "");
        setPlace(found.pools[0] ? `pool:${found.pools[0].id}` : `provider:${found.providers[0]?.id ?? ""}`);
      },
      (error: unknown) => setProblem(explain(error)),
    );
  }, []);
  const save = (): void => {
    if (!person) return;
    const [kind, id] = place.split(":");
    const body = { person_id: person.id, visit_type_id: type, [kind === "pool" ? "pool_id" : "provider_id"]: id, reason: reason.trim() || null };
    store.walkIn(body, w.done(person.name)).then(onClose, (error: unknown) => setProblem(explain(error)));
  };
  return (
    <Dialog title={w.title} onClose={onClose}>
      <p>{w.lead}</p>
      {problem && (
        <p class="word-bad" role="alert">
          {problem}
        </p>
      )}
      {person ? (
        <p class="walk-in-who">
          <strong>
            <bdi>{person.name}</bdi>
          </strong>{" "}
          <span class="quiet">{words.value.common.born(birthDate(person.birth_date))}</span>{" "}
          <button type="button" class="link-button" onClick={() => setPerson(null)}>
            {words.value.book.change}
          </button>
        </p>
      ) : (
        <Search store={store} onFound={setPerson} onProblem={setProblem} />
      )}
      {all && person && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <label class="field">
            <span>{w.type}</span>
            <select value={type} onChange={(event) => setType(event.currentTarget.value)}>
              {all.types.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>{w.with}</span>
            <select value={place} onChange={(event) => setPlace(event.currentTarget.value)}>
              {all.pools.map((pool) => (
                <option key={pool.id} value={`pool:${pool.id}`}>
                  {pool.name}
                </option>
              ))}
              {all.providers.map((one) => (
                <option key={one.id} value={`provider:${one.id}`}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>{w.reason}</span>
            <input type="text" maxLength={200} dir="auto" value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
          </label>
          <p class="dialog-actions">
            <button type="submit" class="button button-main">
              {w.save}
            </button>
          </p>
        </form>
      )}
      <p class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {words.value.common.cancel} <kbd aria-hidden="true">Esc</kbd>
        </button>
      </p>
    </Dialog>
  );
}

interface SearchProps {
  store: DeskStore;
  onFound: (person: FoundPerson) => void;
  onProblem: (sentence: string | null) => void;
}

function Search({ store, onFound, onProblem }: SearchProps) {
  const w = deskWords.value.walkIn;
  const [q, setQ] = useState("");
  const [people, setPeople] = useState<FoundPerson[] | null>(null);
  useEffect(() => {
    setPeople(null);
    if (q.trim().length < 3) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      store.session.api.get<{ people: FoundPerson[] }>(`/v1/people?q=${encodeURIComponent(q.trim())}`, { signal: abort.signal }).then(
        (found) => {
          onProblem(null);
          setPeople(found.people);
        },
        (error: unknown) => {
          if (!abort.signal.aborted) onProblem(explain(error));
        },
      );
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [q]);
  return (
    <>
      <label class="field">
        <span>{w.who}</span>
        <input type="text" autocomplete="off" value={q} aria-describedby="who-hint" onInput={(event) => setQ(event.currentTarget.value)} />
        <span class="hint" id="who-hint">
          {w.whoHint}
        </span>
      </label>
      <p class="quiet" role="status">
        {people && (people.length === 0 ? w.nobody : w.found(people.length))}
      </p>
      <ul class="places">
        {people?.map((one) => (
          <li key={one.id}>
            <button type="button" class="button place" onClick={() => onFound(one)}>
              <bdi>{one.name}</bdi>
              <small>
                {words.value.common.born(birthDate(one.birth_date))} {one.number}
              </small>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
