/** A group in one call, and a second clinician in a visit: who is in, who waits to come in, who leads. Loaded when there are such people. */
import { useEffect, useState } from "preact/hooks";
import { locale } from "../lib/i18n";
import { TOGETHER } from "../messages/together";
import "../styles/staff-together.css";
import type { BoardStore } from "./board-store";
import type { KeyMap } from "./keymap";
import { isBeside, isInRoom, isQueued, roomOf } from "./sections";
import { Kbd } from "./shell";
import type { Row } from "./types";
import { speakForGroup } from "./voices";
import { birthDate, words } from "./words";

interface Props {
  store: BoardStore;
  row: Row;
  keys: KeyMap;
}

/** How long a list of people must have stood as it is before one press lets them in: a newcomer is read before admitted. */
const SETTLE_MS = 800;
let shown = { who: "", at: 0 };

/** Those of the group who are at their page and can come in now. */
export function readyOf(store: BoardStore, row: Row): Row[] {
  if (!row.group) return [];
  return store.together(row).filter((one) => isQueued(one) && one.entry?.state !== "away" && !store.obstacle(one));
}

/** Lets in everybody of the group who is ready. False when there is nobody, or the list has just changed. */
export function letIn(store: BoardStore, row: Row): boolean {
  const ready = readyOf(store, row);
  if (ready.length === 0 || shown.who !== idsOf(ready) || performance.now() - shown.at < SETTLE_MS) return false;
  void store.admitGroup(ready);
  return true;
}

function idsOf(rows: Row[]): string {
  return rows.map(({ id }) => id).join();
}

function namesOf(rows: Row[]): string {
  return new Intl.ListFormat(locale.value).format(rows.map((row) => row.person.name));
}

export function leaveWord(): string {
  return TOGETHER[locale.value].leave;
}

/** On the card of whoever is chosen: the whole group, and the way into a visit that runs already. */
export function InCard({ store, row, keys }: Props) {
  return (
    <>
      {row.group && <Group store={store} row={row} keys={keys} />}
      {isJoinable(store, row) && <Join store={store} row={row} />}
    </>
  );
}

function Group({ store, row, keys }: Props) {
  const w = TOGETHER[locale.value];
  const all = store.together(row);
  return (
    <section class="group" aria-labelledby="group-title">
      <h3 id="group-title">{w.group(all.length)}</h3>
      <ul>
        {all.map((one) => (
          <li key={one.id}>
            <Member row={one} />
            {one.id !== row.id && (
              <button type="button" class="link-button" onClick={() => store.select(one.id)}>
                {w.look}
                <span class="sr-only"> {one.person.name}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      <LetIn store={store} row={row} keys={keys} least={2} />
    </section>
  );
}

/** Two identifiers and how it stands; what the others see of the name is a fact of the visit like any other. */
function Member({ row }: { row: Row }) {
  const w = TOGETHER[locale.value];
  const state = isInRoom(row) ? w.inCall : !isQueued(row) ? w.notHere : row.entry?.state === "away" ? w.away : w.ready;
  return (
    <span class="group-member">
      <strong>
        <bdi>{row.person.name}</bdi>
      </strong>
      <span>{words.value.common.born(birthDate(row.person.birth_date))}</span>
      <span class={isQueued(row) && row.entry?.state !== "away" ? "word-good" : "quiet"}>{state}</span>
      <span class="quiet">{row.group?.shows === "nothing" ? w.hidden(row.group.number) : w.shown}</span>
    </span>
  );
}

/** One act for all who are ready. Fewer than `least`: the usual ways are enough. */
function LetIn({ store, row, keys, least }: Props & { least: number }) {
  const w = TOGETHER[locale.value];
  const ready = readyOf(store, row);
  const who = idsOf(ready);
  useEffect(() => void (shown = { who, at: performance.now() }), [who]);
  if (ready.length < least) return null;
  return (
    <button type="button" class="button button-main button-big" id="admit-group" disabled={store.busy.value !== null} onClick={() => void store.admitGroup(ready)}>
      <span class="admit-words">
        <span>{w.letIn(namesOf(ready))}</span> <small>{w.agree}</small>
      </span>{" "}
      <Kbd>{keys.group.toUpperCase()}</Kbd>
    </button>
  );
}

/** A visit of mine that runs without me. */
function isJoinable(store: BoardStore, row: Row): boolean {
  const running = store.running.value;
  return isInRoom(row) && !running && (store.leads(row) || isBeside(row, store.myId)) && row.entry?.media !== "phone";
}

function Join({ store, row }: { store: BoardStore; row: Row }) {
  return (
    <button type="button" class="button button-main" onClick={() => store.join(row)}>
      {TOGETHER[locale.value].join}
      <span class="sr-only"> {row.person.name}</span>
    </button>
  );
}

/** Over the lists: visits of mine that run without me, once for each call. */
export function OnBoard({ store }: { store: BoardStore }) {
  const w = TOGETHER[locale.value];
  const seen = new Set<string>();
  const first = store.rows.value.filter((row) => isJoinable(store, row) && !seen.has(roomOf(row)) && seen.add(roomOf(row)));
  return (
    <>
      {first.map((row) => (
        <div key={roomOf(row)} class="notice notice-calm guest-bar" role="status">
          <p>{w.running(namesOf(store.together(row).filter(isInRoom)), row.entry?.provider?.name ?? row.provider.name)}</p>
          <Join store={store} row={row} />
        </div>
      ))}
    </>
  );
}

/** While the visit runs: who is in it and whose facts are at hand, who waits to come in, and who leads. */
export function InCall({ store, row, keys }: Props) {
  const w = TOGETHER[locale.value];
  const all = store.together(row);
  const inside = all.filter(isInRoom);
  const waiting = all.filter(isQueued);
  const missing = all.filter((one) => !isInRoom(one) && !isQueued(one));
  const joined = store.line.joined.value;
  const key = idsOf(inside);
  useEffect(() => {
    if (!row.group || joined?.room !== roomOf(row)) return undefined;
    return speakForGroup(joined, new Map(inside.map((one) => [`${one.visit.id}.patient`, store.device.chat(one.conversation.id)])));
  }, [joined, key]);
  return (
    <>
      {!store.leads(row) && <Lead store={store} row={row} />}
      {row.group && (
        <div class="group-bar">
          <div class="chips" role="group" aria-label={w.whose}>
            {inside.map((one) => (
              <button type="button" key={one.id} class="chip" aria-pressed={one.id === row.id} onClick={() => (store.focus.value = one.id)}>
                <bdi>{one.person.name}</bdi>
              </button>
            ))}
          </div>
          {inside.length > 1 && store.leads(row) && <Alone key={row.id} store={store} row={row} />}
          {missing.length > 0 && <p class="quiet">{w.missing(namesOf(missing))}</p>}
        </div>
      )}
      {waiting.map((one) => (
        <div key={one.id} class="notice notice-calm guest-bar" role="status">
          <Member row={one} />
          {!store.obstacle(one) && (
            <button type="button" class="button" disabled={store.busy.value !== null} onClick={() => void store.admit(one)}>
              {w.admit}
              <span class="sr-only"> {one.person.name}</span>
            </button>
          )}
        </div>
      ))}
      {row.group && <LetIn store={store} row={row} keys={keys} least={1} />}
    </>
  );
}

/** One of several goes: their visit ends, the others' does not. Asked once more, because it cannot be taken back. */
function Alone({ store, row }: { store: BoardStore; row: Row }) {
  const w = TOGETHER[locale.value];
  const [asking, setAsking] = useState(false);
  const name = row.person.name;
  const busy = store.busy.value !== null;
  if (!asking) {
    return (
      <button type="button" class="button" onClick={() => setAsking(true)}>
        {w.endOne(name)}
      </button>
    );
  }
  return (
    <span class="guest-acts" role="group" aria-label={w.endOne(name)}>
      <span>{w.sure(name)}</span>
      <button type="button" class="button" disabled={busy} onClick={() => void store.about(row, "end", { scope: "this" })}>
        {w.yes}
      </button>
      <button type="button" class="button" ref={(button) => button?.focus()} onClick={() => setAsking(false)}>
        {w.no}
      </button>
    </span>
  );
}

function Lead({ store, row }: { store: BoardStore; row: Row }) {
  const w = TOGETHER[locale.value];
  return (
    <div class="notice notice-calm guest-bar">
      <p>{w.leads(row.provider.name)}</p>
      <button type="button" class="button" disabled={store.busy.value !== null} onClick={() => void store.about(row, "lead")}>
        {w.takeLead}
      </button>
    </div>
  );
}

/** After the visit: whose outcome is looked at. */
export function WrapWho({ store, row }: { store: BoardStore; row: Row }) {
  const others = store.rows.value.filter((one) => one.group_id === row.group_id && one.visit.outcome);
  if (others.length < 2) return null;
  return (
    <div class="chips" role="group" aria-label={TOGETHER[locale.value].whose}>
      {others.map((one) => (
        <button type="button" key={one.id} class="chip" aria-pressed={one.id === row.id} onClick={() => (store.wrap.value = one.id)}>
          <bdi>{one.person.name}</bdi>
        </button>
      ))}
    </div>
  );
}
