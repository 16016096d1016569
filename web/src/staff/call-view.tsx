/** The visit itself: the patient's picture on a dark stage, the controls with their keys, messages and facts beside it. */
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { locale } from "../lib/i18n";
import type { Call } from "../call/call";
import { CompareSlot } from "../call/compare-slot";
import { ChatPane } from "../chat/pane";
import { readHello } from "../crypto/records";
import { COMPANY } from "../messages/company";
import { EMERGENCY } from "../messages/emergency";
import { Alarms } from "./alarms";
import type { BoardStore } from "./board-store";
import { Facts, Identifiers } from "./card";
import { now } from "./clock";
import { Company, ConfirmPhone } from "./company";
import { CallNotices, ChooseDevices, ExplainDevices, LineHistory, LineMeter } from "./device-slot";
import { GuestBars, pinnedOf } from "./guests-in-call";
import { Camera, CameraOff, HandOverIcon, HangUp, Lock, Microphone, MicrophoneOff, Phone, Settings, Warning, Who } from "./icons";
import type { KeyMap } from "./keymap";
import { actFor, placeOf, useKeyDown } from "./keys";
import { Emergency } from "./emergency";
import { PhoneLeg } from "./phone-leg";
import { acuityOf, isMine, isUnseen, isUrgent, minutesBetween, roomOf, waitTone } from "./sections";
import { ErrorBox, Kbd, LiveLine, Rail } from "./shell";
import { isTogether, useTogether } from "./together-slot";
import type { Row } from "./types";
import { Video } from "./video";
import { birthDate, duration, lineWords, stopwatch, words } from "./words";

type Tab = "messages" | "notes" | "visit";

/** Holding, sharing and the note pad: loaded with the first visit. */
const tools = signal<typeof import("./call-tools") | null>(null);

interface Props {
  store: BoardStore;
  row: Row;
  letters: boolean;
  keys: KeyMap;
  onHelp: () => void;
}

export function CallView({ store, row, letters, keys, onHelp }: Props) {
  const w = words.value;
  const [muted, setMuted] = useState(false);
  const [dark, setDark] = useState(false);
  const [tab, setTab] = useState<Tab>("messages");
  const [choosing, setChoosing] = useState(false);
  const [emergency, setEmergency] = useState(false);
  const byPhone = row.entry?.media === "phone";
  const call = store.line.joined.value?.room === roomOf(row) ? store.line.joined.value.call : null;
  const mute = (): void => {
    call?.setMuted(!muted);
    setMuted(!muted);
  };
  const camera = (): void => {
    call?.setCamera(dark);
    setDark(!dark);
  };
  const part = useTogether(isTogether(row));
  const leads = store.leads(row);
  const alone = row.guests.some((guest) => guest.aside);
  useEffect(() => call?.setAside(alone), [call, alone]);
  useEffect(() => void import("./call-tools").then((part) => (tools.value = part)), []);
  const Tools = tools.value;
  // Where the call ends in writing, the place to write is there without being looked for.
  const writing = store.climbing.value?.ladder.value.rung === "text" || store.climbing.value?.theirs.value === "none";
  useEffect(() => {
    if (writing) setTab("messages");
  }, [writing]);
  // A line made anew starts with everything on: tell it what is chosen here.
  useEffect(() => {
    call?.setMuted(muted);
    call?.setCamera(!dark);
  }, [call]);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  useKeyDown((event) => {
    const dialog = document.querySelector("dialog[open]") !== null;
    const act = actFor(event, { place: placeOf(document.activeElement), mode: "call", letters, keys, dialog });
    const doing: Record<string, () => void> = {
      mute,
      camera,
      transfer: () => (store.asked.value = { what: "transfer", id: row.id }),
      guest: () => (store.asked.value = { what: "guest", id: row.id }),
      interpreter: () => (store.asked.value = { what: "interpreter", id: row.id }),
      late: () => (store.late.asking.value = true),
      phone: () => void (byPhone || row.group || store.toPhone(row)),
      end: () => store.end(row),
      screen: () => byPhone || Tools?.toggleScreen(store),
      hold: () => byPhone || Tools?.toggleHold(store, row),
      note: () => {
        setTab("notes");
        requestAnimationFrame(() => document.querySelector<HTMLElement>("#panel-notes textarea")?.focus());
      },
      group: () => part?.letIn(store, row),
      emergency: () => setEmergency(true),
      seen: () => store.next.value && store.see(store.next.value),
      message: () => {
        setTab("messages");
        document.querySelector<HTMLElement>("#panel-messages textarea")?.focus();
      },
    };
    const run = act && doing[act];
    if (!run) return;
    event.preventDefault();
    run();
  });
  return (
    <div class="desk in-call">
      <Rail session={store.session} page="board" onHelp={onHelp} onProblem={(sentence) => (store.problem.value = sentence)} />
      <main class="stage" id="main" tabIndex={-1}>
        <header class="stage-top">
          <h1 tabIndex={-1} ref={heading}>
            <bdi>{row.person.name}</bdi>
          </h1>
          <p>{w.common.born(birthDate(row.person.birth_date))}</p>
          <LineMeter store={store} name={row.person.name} />
          <Privacy store={store} />
          <Stopwatch row={row} />
        </header>
        <ErrorBox sentence={store.problem.value} onClose={() => (store.problem.value = null)} />
        <Alarms tasks={store.tasks} zone={store.board.practice.zone} />
        {store.live.state.value !== "fenced" && <LiveLine live={store.live} zone={store.board.practice.zone} calm={false} />}
        {leads && <GuestBars store={store} row={row} />}
        {part && <part.InCall store={store} row={row} keys={keys} />}
        {byPhone ? <PhoneLeg store={store} row={row} /> : <Picture store={store} row={row} dark={dark} onChoose={() => setChoosing(true)} />}
        {emergency && <Emergency store={store} row={row} onClose={() => setEmergency(false)} />}
        {choosing && <ChooseDevices store={store} onClose={() => setChoosing(false)} />}
        <div class="controls" role="toolbar" aria-label={w.call.controls}>
          {!byPhone && (
            <>
              <button type="button" class={muted ? "control control-on" : "control"} onClick={mute}>
                <span>
                  {muted ? <MicrophoneOff /> : <Microphone />} <Kbd>{w.help.space}</Kbd>
                </span>
                {muted ? w.call.unmute : w.call.mute}
              </button>
              <button type="button" class={dark ? "control control-on" : "control"} onClick={camera}>
                <span>
                  {dark ? <CameraOff /> : <Camera />} <Kbd>{keys.camera.toUpperCase()}</Kbd>
                </span>
                {dark ? w.call.cameraStart : w.call.cameraStop}
              </button>
              {Tools && <Tools.ToolButtons store={store} row={row} keys={keys} />}
              <button type="button" class="control" onClick={() => setChoosing(true)}>
                <span>
                  <Settings />
                </span>
                {w.call.devices}
              </button>
              {!row.group && (
                <button type="button" class="control" disabled={store.busy.value !== null} onClick={() => void store.toPhone(row)}>
                  <span>
                    <Phone /> <Kbd>{keys.phone.toUpperCase()}</Kbd>
                  </span>
                  {lineWords.value.phone.key}
                </button>
              )}
            </>
          )}
          <button type="button" class="control" onClick={() => (store.asked.value = { what: "guest", id: row.id })}>
            <span>
              <Who /> <Kbd>{keys.guest.toUpperCase()}</Kbd>
            </span>
            {COMPANY[locale.value].guests}
          </button>
          <button type="button" class="control" onClick={() => (store.asked.value = { what: "transfer", id: row.id })}>
            <span>
              <HandOverIcon /> <Kbd>{keys.transfer.toUpperCase()}</Kbd>
            </span>
            {lineWords.value.handOver.button}
          </button>
          <button type="button" class="control control-alarm" onClick={() => setEmergency(true)}>
            <span>
              <Warning /> <Kbd>{keys.emergency.toUpperCase()}</Kbd>
            </span>
            {EMERGENCY[locale.value].button}
          </button>
          <button type="button" class="control control-end" onClick={() => store.end(row)}>
            <span>
              <HangUp /> <Kbd>{keys.end.toUpperCase()}</Kbd>
            </span>
            {leads || !part ? w.call.end : part.leaveWord()}
          </button>
        </div>
        <NextLine store={store} seenKey={keys.seen} />
      </main>
      <aside class="side side-tabs" aria-label={w.card.details}>
        <ConfirmPhone store={store} row={row} />
        <Tabs tab={tab} onTab={setTab} />
        <div role="tabpanel" id="panel-messages" aria-labelledby="tab-messages" hidden={tab !== "messages"} class="panel">
          <ChatPane key={row.conversation.id} conversationId={row.conversation.id} role="provider" device={store.device} locale={locale.value} />
        </div>
        <div role="tabpanel" id="panel-notes" aria-labelledby="tab-notes" hidden={tab !== "notes"} class="panel">
          {Tools && <Tools.NotePad key={row.visit.id} store={store} visitId={row.visit.id} />}
        </div>
        <div role="tabpanel" id="panel-visit" aria-labelledby="tab-visit" hidden={tab !== "visit"} class="panel" tabIndex={0}>
          <h2 class="sr-only">{w.call.visit}</h2>
          <p class="card-reason">{row.reason || w.board.noReason}</p>
          <Identifiers row={row} />
          <Facts row={row} zone={store.board.practice.zone} />
          <Company store={store} row={row} />
          <LineHistory store={store} row={row} />
        </div>
      </aside>
    </div>
  );
}

function Stopwatch({ row }: { row: Row }) {
  const since = Date.parse(row.visit.started_at ?? row.start);
  const text = stopwatch(Math.max(0, Math.floor((now.value - since) / 1000)));
  return (
    <p class="stopwatch" role="timer" aria-label={words.value.call.duration(text)}>
      {text}
    </p>
  );
}

/** What is known about who is at the other end. Only a mismatch stops a call, and then this says so. */
function Privacy({ store }: { store: BoardStore }) {
  const w = words.value.call;
  const call = store.line.joined.value?.call;
  const security = call?.security.value ?? "unchecked";
  if (call?.state.value === "blocked" || security === "mismatch") {
    return (
      <p class="pill pill-bad" role="alert">
        <Warning /> {w.blocked}
      </p>
    );
  }
  if (security === "unchecked") return null;
  if (security !== "verified" || !call) {
    return (
      <p class="pill">
        <Lock /> {w.unconfirmed}
      </p>
    );
  }
  const direct = call.direct.value;
  if (!direct) {
    return (
      <p class="pill pill-good">
        <Lock /> {w.private}
      </p>
    );
  }
  return (
    <button type="button" class="pill pill-good pill-button" id="compare" onClick={() => void direct.comparison.start()}>
      <Lock /> {w.private} <u>{w.compare}</u>
    </button>
  );
}

/** Equal pictures, read out by the person on the screen, also say whose phone it is. */
function Compare({ store, call, conversationId }: { store: BoardStore; call: Call; conversationId: string }) {
  const confirm = async (hello: unknown): Promise<void> => {
    const chat = await store.device.chat(conversationId);
    await chat.vouch(readHello(hello).device_id, "video_sas");
  };
  const back = (): void => document.querySelector<HTMLElement>("#compare")?.focus();
  return <CompareSlot call={call} locale={locale.value} onClose={back} onAgreed={(hello) => void confirm(hello)} />;
}

const pictures = signal<typeof import("./guest-pictures") | null>(null);

function Picture({ store, row, dark, onChoose }: { store: BoardStore; row: Row; dark: boolean; onChoose: () => void }) {
  const w = words.value.call;
  const joined = store.line.joined.value;
  const call = joined?.room === roomOf(row) ? joined.call : null;
  const remote = call?.remote.value ?? null;
  const [free, setFree] = useState<(() => void) | null>(null);
  const own = store.media.stream.value;
  const third = row.guests.some((guest) => guest.let_in) || row.group || row.co_providers.length > 0;
  useEffect(() => void (third && import("./guest-pictures").then((part) => (pictures.value = part))), [third]);
  return (
    <section class={call && pinnedOf(row) && call.guests.value.length > 0 ? "tile split" : "tile"} aria-label={w.stage}>
      {!row.group && <Video stream={remote} label={row.person.name} away={call?.peer.value?.video === false} onSilenced={(play) => setFree(() => play)} />}
      {call && pictures.value && <pictures.value.GuestPictures store={store} row={row} call={call} />}
      {row.visit.held_at && tools.value ? <tools.value.Held store={store} row={row} /> : (!row.group || !call?.everybody.value.length) && <StageWords store={store} row={row} />}
      {tools.value && <tools.value.Sharing row={row} />}
      <CallNotices store={store} row={row} onChoose={onChoose} onText={() => document.querySelector<HTMLElement>("#panel-messages textarea")?.focus()} />
      {free && (
        <button
          type="button"
          class="button stage-tap"
          onClick={() => {
            free();
            setFree(null);
          }}
        >
          {w.tapSound}
        </button>
      )}
      <div class="self">
        {own ? <Video stream={dark ? null : own} label={w.you} muted mirrored /> : <NoDevices store={store} />}
        <span class="tag">{dark ? w.cameraOff : w.you}</span>
      </div>
      {!row.group && (
        <p class="tag tag-who">
          <bdi>{row.person.name}</bdi>
        </p>
      )}
      {call?.direct.value && <Compare store={store} call={call.direct.value} conversationId={row.conversation.id} />}
    </section>
  );
}

function NoDevices({ store }: { store: BoardStore }) {
  const w = words.value;
  const [why, setWhy] = useState(false);
  const problem = store.media.problem.value;
  return (
    <div class="self-none">
      <p>{problem ? w.shift[problem] : w.call.noDevice}</p>
      <button type="button" class="button" disabled={store.media.opening.value} onClick={() => void store.media.open()}>
        {w.call.openDevices}
      </button>
      {problem && (
        <button type="button" class="button" onClick={() => setWhy(true)}>
          {w.shift.why}
        </button>
      )}
      {why && <ExplainDevices media={store.media} onClose={() => setWhy(false)} />}
    </div>
  );
}

/** What the stage says while there is no picture, or the picture stands still. */
function StageWords({ store, row }: { store: BoardStore; row: Row }) {
  const w = words.value.call;
  const name = row.person.name;
  const joined = store.line.joined.value;
  const call = joined?.room === roomOf(row) ? joined.call : null;
  const phone = row.provider ? store.board.practice.phone : "";
  if (store.live.state.value === "fenced") {
    return (
      <div class="stage-words" role="status">
        <p>{w.elsewhere}</p>
        <button type="button" class="button" onClick={() => (store.live.start(), void store.line.again())}>
          {w.takeBack}
        </button>
      </div>
    );
  }
  if (call?.state.value === "blocked") {
    return (
      <div class="stage-words" role="alert">
        <p>{w.blocked}</p>
        {phone && <p>{w.phoneInstead(phone)}</p>}
        <button type="button" class="button" onClick={() => void store.line.again()}>
          {w.restart}
        </button>
      </div>
    );
  }
  const sentence = stageSentence(call, name);
  // How the line is, its notice says.
  if (!sentence || store.climbing.value?.ladder.value.rung === "phone") return null;
  return (
    <div class={call?.remote.value ? "stage-words stage-words-low" : "stage-words"} role="status">
      <p>{sentence}</p>
      {store.line.failed.value !== null && (
        <button type="button" class="button" onClick={() => void store.line.again()}>
          {w.restart}
        </button>
      )}
    </div>
  );
}

function stageSentence(call: NonNullable<BoardStore["line"]["joined"]["value"]>["call"] | null, name: string): string | null {
  const w = words.value.call;
  if (!call) return w.connecting(name);
  if (call.left.value) return w.patientLeft(name);
  const state = call.state.value;
  if (state === "reconnecting") return w.reconnecting(name);
  if (state === "preparing" || state === "prepared") return w.connecting(name);
  const peer = call.peer.value;
  if (!peer) return w.patientGone(name);
  if (!peer.started) return peer.hold ? w.minute(name) : w.gettingReady(name);
  if (!peer.video && peer.line === "all") return peer.audio ? w.noPicture(name) : w.noSound(name);
  return null;
}

function Tabs({ tab, onTab }: { tab: Tab; onTab: (tab: Tab) => void }) {
  const w = words.value.call;
  const names: Record<Tab, string> = { messages: w.messages, notes: w.notes, visit: w.visit };
  const order = Object.keys(names) as Tab[];
  const move = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    const step = event.key === "ArrowRight" ? 1 : order.length - 1;
    const other = order[(order.indexOf(tab) + step) % order.length] as Tab;
    onTab(other);
    document.getElementById(`tab-${other}`)?.focus();
  };
  return (
    <div role="tablist" class="tabs" onKeyDown={move}>
      {order.map((name) => (
        <button
          type="button"
          key={name}
          role="tab"
          id={`tab-${name}`}
          aria-selected={tab === name}
          aria-controls={`panel-${name}`}
          tabIndex={tab === name ? 0 : -1}
          onClick={() => onTab(name)}
        >
          {names[name]}
        </button>
      ))}
    </div>
  );
}

/** One line about who waits after this visit, so that nobody is forgotten. */
function NextLine({ store, seenKey }: { store: BoardStore; seenKey: string }) {
  const w = words.value;
  const next = store.next.value;
  if (!next) return <p class="next-line">{w.call.nobodyNext}</p>;
  const tone = waitTone(next, now.value);
  const more = store.sections.value.waiting.filter((row) => isMine(row, store.lanes.value)).length - 1;
  const wait = duration(minutesBetween(next.entry?.since ?? next.start, now.value));
  return (
    <p class="next-line">
      <span class="quiet">{w.call.next}</span>
      <strong>
        <bdi>{next.person.name}</bdi>
      </strong>
      <span class="next-reason">{next.reason || next.visit_type}</span>
      <span class={`badge figure-${tone}`}>{tone === "late" ? w.call.lateFor(wait) : w.board.waited(wait)}</span>
      {isUrgent(next) && <span class="badge badge-coral">{lineWords.value.acuity(acuityOf(next))}</span>}
      {isUnseen(next) && (
        <button type="button" class="link-button" onClick={() => store.see(next)}>
          {lineWords.value.seen}
          <span class="sr-only"> {next.person.name}</span> <Kbd>{seenKey.toUpperCase()}</Kbd>
        </button>
      )}
      {more > 0 && <span class="quiet next-more">{w.call.more(more)}</span>}
    </p>
  );
}
