/** The provider's board: who is in the room, who waits, who comes, and the next patient's card. */
import { useEffect, useRef, useState } from "preact/hooks";
import { locale, tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { ChatPane } from "../chat/pane";
import { Alarms } from "./alarms";
import type { BoardStore } from "./board-store";
import { CallView } from "./call-view";
import { Card } from "./card";
import { now } from "./clock";
import { DeviceLine } from "./device-line";
import { Filters } from "./filters";
import { GuestDialog } from "./guest-dialog";
import { HandOverDialog, UrgencyDialog } from "./hand-over";
import { HelpDialog } from "./help-dialog";
import { Back } from "./icons";
import { actFor, lettersOn, placeOf, setLetters, useKeyDown, type Act } from "./keys";
import { storedKeys, storeKeys, type KeyMap } from "./keymap";
import { LateBar, LateDialog } from "./late-bar";
import { Missed } from "./missed";
import { EndingBar, UnseenBar } from "./notices";
import { isDone, isMine, isQueued } from "./sections";
import { RowView, type Section } from "./row-view";
import { Shift } from "./shift";
import { isTogether, loaded, useTogether } from "./together-slot";
import { Clock, ErrorBox, Kbd, LiveLine, Rail } from "./shell";
import type { Row } from "./types";
import { count, words } from "./words";
import { WrapUp } from "./wrap-up";

export function BoardPage({ store }: { store: BoardStore }) {
  const [help, setHelp] = useState(false);
  const [letters, keepLetters] = useState(() => lettersOn(localStorage, store.myId));
  const [keys, keepKeys] = useState(() => storedKeys(localStorage, store.myId));
  const running = store.running.value;
  const asked = store.asked.value;
  const askedRow = asked && store.board.rows[asked.id];
  const mode = running ? "call" : "board";

  useKeyDown((event) => {
    const dialog = document.querySelector("dialog[open]") !== null;
    const act = actFor(event, { place: placeOf(document.activeElement), mode, letters, keys, dialog });
    if (act && boardAct(store, act, () => setHelp(true))) event.preventDefault();
  });

  useArrivals(store);
  useTitle(store, running);

  return (
    <>
      {running ? (
        <CallView store={store} row={running} letters={letters} keys={keys} onHelp={() => setHelp(true)} />
      ) : (
        <Board store={store} keys={keys} onHelp={() => setHelp(true)} />
      )}
      <p class="sr-only" role="status" aria-live="polite">
        {store.said.value}
      </p>
      {asked && askedRow && asked.what === "transfer" && <HandOverDialog store={store} row={askedRow} onClose={() => (store.asked.value = null)} />}
      {asked && askedRow && asked.what === "urgency" && <UrgencyDialog store={store} row={askedRow} onClose={() => (store.asked.value = null)} />}
      {asked && askedRow && (asked.what === "guest" || asked.what === "interpreter") && (
        <GuestDialog store={store} row={askedRow} scope={asked.what === "guest" ? "family" : "interpreter"} onClose={() => (store.asked.value = null)} />
      )}
      {store.late.asking.value && <LateDialog store={store} />}
      {help && (
        <HelpDialog
          letters={letters}
          onLetters={(on) => {
            setLetters(localStorage, store.myId, on);
            keepLetters(on);
          }}
          keys={keys}
          onKeys={(map) => {
            storeKeys(localStorage, store.myId, map);
            keepKeys(map);
          }}
          onClose={() => setHelp(false)}
        />
      )}
    </>
  );
}

/** True when the key meant something here. Keys of the call are the call view's own. */
function boardAct(store: BoardStore, act: Act, onHelp: () => void): boolean {
  if (act === "help") {
    onHelp();
    return true;
  }
  if (store.running.value) return false;
  const selected = store.selected.value;
  switch (act) {
    case "next": {
      if (!store.seeNext()) store.said.value = words.value.board.nobodyWaiting;
      return true;
    }
    case "admit":
      if (!selected || store.obstacle(selected) || !store.settled) return false;
      void store.admit(selected);
      return true;
    case "group":
      return selected !== null && (loaded()?.letIn(store, selected) ?? false);
    case "message":
      if (selected) store.select(selected.id, "chat");
      return selected !== null;
    case "late":
      store.late.press();
      return true;
    case "transfer":
    case "urgency":
      if (!selected || !isQueued(selected)) return false;
      store.asked.value = { what: act, id: selected.id };
      return true;
    case "guest":
    case "interpreter":
      if (!selected || isDone(selected)) return false;
      store.asked.value = { what: act, id: selected.id };
      return true;
    case "phone":
      if (!selected || store.obstacle(selected)) return false;
      void store.toPhone(selected);
      return true;
    case "undo":
      if (store.ending.row.value) store.undoEnd();
      else if (store.late.said.value) void store.late.takeBack();
      else return false;
      return true;
    case "close":
      store.select(null);
      return true;
    case "down":
    case "up":
      return walk(act === "down" ? 1 : -1);
    default:
      return false;
  }
}

/** Moves the focus one row on. */
function walk(step: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const at = rows.findIndex((row) => row === document.activeElement);
  const target = rows[at < 0 ? 0 : at + step];
  target?.focus();
  return target !== undefined;
}

/** Says each arrival, and sounds when a bell is due; the count follows a moment later through the same polite region. */
function useArrivals(store: BoardStore): void {
  useEffect(() => {
    store.watchArrivals(
      (row) => (store.said.value = words.value.board.arrivedOne(row.person.name)),
      () => store.chime.play(),
    );
  }, [store]);
}

function useTitle(store: BoardStore, running: Row | null): void {
  const w = words.value;
  const waiting = store.rows.value.filter((row) => isMine(row, store.lanes.value) && row.entry?.state === "waiting").length;
  const title = running ? w.call.title(running.person.name) : w.board.title;
  useEffect(() => {
    document.title = w.board.titleCount(waiting, title);
  }, [waiting, title]);
}

function Board({ store, keys, onHelp }: { store: BoardStore; keys: KeyMap; onHelp: () => void }) {
  const w = words.value;
  const practice = store.board.practice;
  const part = useTogether(store.rows.value.some(isTogether));
  const close = (): void => {
    const id = store.chosen.value;
    store.select(null);
    if (id) document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`)?.focus();
  };
  return (
    <div class="desk">
      <Rail session={store.session} page="board" onHelp={onHelp} onProblem={(sentence) => (store.problem.value = sentence)} />
      <header class="top">
        <div class="top-who">
          <h1>{store.session.me.account.name}</h1>
          <p>
            <span class="dot" /> {w.board.free}
          </p>
        </div>
        <Clock zone={practice.zone} />
      </header>
      <main class="board" id="main" tabIndex={-1}>
        <ErrorBox sentence={store.problem.value} onClose={() => (store.problem.value = null)} />
        <LiveLine live={store.live} zone={practice.zone} calm={false} />
        <Alarms tasks={store.tasks} zone={practice.zone} onOpen={(id) => store.select(id)} />
        {part && <part.OnBoard store={store} />}
        <EndingBar store={store} undoKey={keys.undo} />
        <LateBar store={store} lateKey={keys.late} undoKey={keys.undo} />
        <Missed session={store.session} tasks={store.tasks} rows={store.rows.value} zone={practice.zone} mine={(row) => isMine(row, store.lanes.value)} />
        <WrapUp store={store} />
        <UnseenBar store={store} />
        <DeviceLine device={store.device} />
        <Shift store={store} />
        <Filters store={store} />
        <Lists store={store} keys={keys} />
        <LiveLine live={store.live} zone={practice.zone} calm />
      </main>
      <aside class={store.open.value ? "side side-open" : "side"} aria-label={w.card.details}>
        {store.pane.value === "chat" && store.selected.value ? (
          <Chat store={store} row={store.selected.value} />
        ) : (
          <Card store={store} keys={keys} onBack={close} />
        )}
      </aside>
    </div>
  );
}

function Chat({ store, row }: { store: BoardStore; row: Row }) {
  const w = words.value;
  const pane = useRef<HTMLDivElement>(null);
  useEffect(() => focusComposer(pane.current), [row.id]);
  return (
    <div class="side-chat" ref={pane}>
      <p>
        <button type="button" class="button" onClick={() => store.select(row.id, "card")}>
          <Back /> {w.common.back}
        </button>
      </p>
      <h2 tabIndex={-1}>{w.chat.with(row.person.name)}</h2>
      <ChatPane key={row.conversation.id} conversationId={row.conversation.id} role="provider" device={store.device} locale={locale.value} />
    </div>
  );
}

/** To the composer as soon as it is there; until then to the heading. Answers the clean-up. */
function focusComposer(pane: HTMLElement | null): () => void {
  const composer = (): HTMLElement | null => pane?.querySelector<HTMLElement>("textarea") ?? null;
  const now = composer();
  if (now) now.focus();
  if (!pane || now) return () => undefined;
  const heading = pane.querySelector<HTMLElement>("h2");
  heading?.focus();
  const watch = new MutationObserver(() => {
    const found = composer();
    if (!found) return;
    watch.disconnect();
    // Whoever has moved on meanwhile is not pulled back.
    if (document.activeElement === heading) found.focus();
  });
  watch.observe(pane, { childList: true, subtree: true });
  return () => watch.disconnect();
}

function Lists({ store, keys }: { store: BoardStore; keys: KeyMap }) {
  const w = words.value.board;
  const { room, waiting, coming, done } = store.sections.value;
  if (store.rows.value.length === 0) return <p class="empty">{w.emptyDay}</p>;
  if (room.length + waiting.length + coming.length + done.length === 0) return <p class="empty">{w.nothingHere}</p>;
  const soonest = coming.find((row) => Date.parse(row.start) > now.value);
  const later = soonest ? w.nextVisitAt(clock(tag.value, soonest.start, store.board.practice.zone)) : w.noneLater;
  return (
    <>
      {room.length > 0 && <List store={store} keys={keys} section="room" title={w.room} rows={room} figure={count(room.length)} />}
      <List
        store={store}
        keys={keys}
        section="waiting"
        title={w.waiting}
        rows={waiting}
        figure={waiting.length > 0 ? w.waitingCount(waiting.length, store.longest(waiting)) : ""}
        empty={`${w.nobodyWaiting} ${later}`}
      />
      {coming.length > 0 && <List store={store} keys={keys} section="coming" title={w.coming} rows={coming} figure={count(coming.length)} />}
      {done.length > 0 && <List store={store} keys={keys} section="done" title={w.done} rows={done} figure={count(done.length)} />}
    </>
  );
}

interface ListProps {
  store: BoardStore;
  keys: KeyMap;
  section: Section;
  title: string;
  rows: Row[];
  figure: string;
  empty?: string;
}

function List({ store, keys, section, title, rows, figure, empty }: ListProps) {
  const w = words.value.board;
  return (
    <section aria-labelledby={`list-${section}`}>
      <div class="list-head">
        <h2 id={`list-${section}`}>{title}</h2>
        <span class="quiet">{figure}</span>
        {section === "waiting" && rows.length > 0 && (
          <button type="button" class="link-button" onClick={() => store.seeNext()}>
            {w.seeNext} <Kbd>{keys.next.toUpperCase()}</Kbd>
          </button>
        )}
      </div>
      {rows.length === 0 ? (
        <p class="empty">{empty}</p>
      ) : (
        <ul class={`rows rows-${section}`}>
          {rows.map((row) => (
            <RowView
              key={row.id}
              row={row}
              section={section}
              zone={store.board.practice.zone}
              selected={store.selected.value?.id === row.id}
              onSelect={() => store.select(row.id)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}
