/** The desk: all rooms of the practice, who is stuck in words, and one key to help. */
import { useEffect, useState } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { Alarms } from "./alarms";
import { isOverdue } from "./alerts";
import { unseenOf } from "./attention";
import { now } from "./clock";
import { causeOf, DeskPanel } from "./desk-panel";
import type { DeskStore } from "./desk-store";
import { lettersOn, placeOf, setLetters, useKeyDown } from "./keys";
import { Missed } from "./missed";
import { isDone, isInRoom, minutesBetween } from "./sections";
import { Clock, ErrorBox, Kbd, LiveLine, Rail } from "./shell";
import { comingStuck, mayJoin, maySendStep, medianWait, type Room, type Stuck } from "./stuck";
import { Tasks } from "./tasks-view";
import type { Row } from "./types";
import { WalkInDialog } from "./walk-in";
import { birthDate, count, deskWords, duration } from "./words";

export function DeskPage({ store }: { store: DeskStore }) {
  const w = deskWords.value;
  const { stuck, rooms, session } = store;
  const [numbers, keepNumbers] = useState(() => lettersOn(localStorage, session.me.account.id));
  const [walkIn, setWalkIn] = useState(false);
  useNumberKeys(store, numbers);
  const present = rooms.value.reduce((sum, room) => sum + room.rows.length, 0);
  const coming = comingStuck(stuck.value);
  useEffect(() => {
    document.title = stuck.value.length > 0 ? `(${stuck.value.length}) ${w.title}` : w.title;
  }, [stuck.value.length, w]);
  return (
    <div class="desk">
      <Rail session={session} page="desk" onProblem={(sentence) => (store.problem.value = sentence)} />
      <header class="top">
        <div class="top-who">
          <h1>{w.title}</h1>
          <p>
            {session.me.practice.name}, {w.rooms(rooms.value.length, present)}
          </p>
        </div>
        <button type="button" class="button" onClick={() => setWalkIn(true)}>
          {w.walkIn.button}
        </button>
        <label class="check numbers" title={w.numbersHint}>
          <input
            type="checkbox"
            checked={numbers}
            onChange={(event) => {
              setLetters(localStorage, session.me.account.id, event.currentTarget.checked);
              keepNumbers(event.currentTarget.checked);
            }}
          />
          <span>{w.numbers}</span>
        </label>
        <Clock zone={store.zone} />
      </header>
      <main class="board rooms-page" id="main" tabIndex={-1}>
        <LiveLine live={store.live} zone={store.zone} calm={false} />
        <Alarms tasks={store.tasks} zone={store.zone} onOpen={(id) => store.select(id)} />
        <Missed session={session} tasks={store.tasks} rows={store.rows.value} zone={store.zone} />
        <Summary store={store} />
        <div class="rooms">
          {rooms.value.map((room) => (
            <RoomCard key={room.provider.id} room={room} store={store} />
          ))}
        </div>
        {coming.length > 0 && (
          <section class="room room-wide" aria-labelledby="not-yet">
            <header>
              <h2 id="not-yet">{w.notYet}</h2>
              <span class="quiet">{w.nextHour}</span>
            </header>
            <ul>
              {coming.map((one) => (
                <RoomRow key={one.row.id} row={one.row} one={one} store={store} />
              ))}
            </ul>
          </section>
        )}
        <Tasks store={store} />
        <LiveLine live={store.live} zone={store.zone} calm />
      </main>
      <aside class={store.selected.value ? "side side-open" : "side"} aria-label={w.choose}>
        <ErrorBox sentence={store.problem.value} onClose={() => (store.problem.value = null)} />
        <DeskPanel store={store} keys={numbers} />
      </aside>
      {walkIn && <WalkInDialog store={store} onClose={() => setWalkIn(false)} />}
    </div>
  );
}

/** Letters for whoever is shown; each stands on its button. */
const HELPS: Record<string, { fits: (row: Row) => boolean; run: (store: DeskStore, row: Row) => Promise<void> }> = {
  r: { fits: () => true, run: (store, row) => store.ring(row) },
  s: { fits: maySendStep, run: (store, row) => store.nextStep(row) },
  j: { fits: mayJoin, run: (store, row) => store.join(row) },
  p: { fits: (row) => row.entry?.media !== "phone", run: (store, row) => store.toPhone(row) },
};

/** 1 to 9 help the first nine; Escape closes. Character keys, so they can be switched off (WCAG 2.1.4). */
function useNumberKeys(store: DeskStore, on: boolean): void {
  useKeyDown((event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.repeat || document.querySelector("dialog[open]") || placeOf(document.activeElement) === "text") return;
    if (event.key === "Escape") return store.select(null);
    const shown = store.selected.value;
    const help = on && shown && !isDone(shown) ? HELPS[event.key.toLowerCase()] : undefined;
    if (shown && help && !store.busy.value && help.fits(shown)) {
      event.preventDefault();
      void help.run(store, shown);
      return;
    }
    const one = on && /^[1-9]$/.test(event.key) ? store.stuck.value[Number(event.key) - 1] : undefined;
    if (!one) return;
    event.preventDefault();
    void store.help(one);
  });
}

function Summary({ store }: { store: DeskStore }) {
  const w = deskWords.value;
  const n = store.stuck.value.length;
  const median = medianWait(store.rows.value, now.value);
  const overdue = store.rooms.value.flatMap((room) => unseenOf(room.rows, new Set(room.rows.map((row) => row.entry?.lane ?? row.provider.id)))).filter((one) => isOverdue(one, now.value)).length;
  return (
    <div class="summary">
      <h2>{w.stuck(n)}</h2>
      <p>{n > 0 ? w.lead : w.calm}</p>
      <p class="quiet">
        {overdue > 0 && <span class="word-warn">{w.unseen(overdue)}</span>}
        {median !== null && <span>{w.median(median)}</span>}
      </p>
    </div>
  );
}

function RoomCard({ room, store }: { room: Room; store: DeskStore }) {
  const w = deskWords.value;
  const id = `room-${room.provider.id}`;
  return (
    <section class="room" aria-labelledby={id}>
      <header>
        <h2 id={id}>{room.provider.name}</h2>
        {room.rows.length === 0 ? (
          <span class="badge">{w.empty}</span>
        ) : room.late > 5 ? (
          <span class="badge badge-amber">{w.late(room.late)}</span>
        ) : (
          <span class="badge badge-green">{w.onTime}</span>
        )}
      </header>
      {room.rows.length > 0 && (
        <ul>
          {room.rows.map((row) => (
            <RoomRow key={row.id} row={row} one={store.stuck.value.find((found) => found.row.id === row.id)} store={store} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** Name, how it stands in words, and either the time or the key that helps. */
function RoomRow({ row, one, store }: { row: Row; one: Stuck | undefined; store: DeskStore }) {
  const w = deskWords.value;
  const place = one ? store.stuck.value.indexOf(one) + 1 : 0;
  const since = isInRoom(row) ? (row.visit.started_at ?? row.start) : (row.entry?.since ?? row.start);
  const { title, detail, tone } = one ? causeOf(one, store.zone) : calm(row, store.zone);
  return (
    <li class={store.chosen.value === row.id ? "room-row room-chosen" : "room-row"} data-stuck={one?.cause}>
      <button type="button" class="room-who" onClick={() => store.select(row.id)}>
        <strong>
          <bdi>{row.person.name}</bdi>
        </strong>
        <span>{birthDate(row.person.birth_date)}</span>
      </button>
      <span class="room-how">
        <strong class={`word-${tone}`}>{title}</strong>
        <span>{detail}</span>
      </span>
      {one ? (
        <button type="button" class="button" onClick={() => void store.help(one)}>
          {w.helps[one.help]}
          <span class="sr-only"> {row.person.name}</span> {place <= 9 && <Kbd>{count(place)}</Kbd>}
        </button>
      ) : (
        <span class="room-time">{duration(minutesBetween(since, now.value))}</span>
      )}
    </li>
  );
}

function calm(row: Row, zone: string): { title: string; detail: string; tone: string } {
  const w = deskWords.value;
  const detail = row.reason || row.visit_type;
  if (isInRoom(row)) return { title: w.inRoom, detail, tone: "teal" };
  if (row.entry?.media === "phone") return { title: w.byPhone, detail, tone: "quiet" };
  return { title: w.waiting, detail: `${w.atTime(clock(tag.value, row.start, zone))}. ${detail}`, tone: "quiet" };
}
