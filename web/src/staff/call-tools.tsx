/** What a provider does in a call besides talking: hold it, show the screen, turn to the other camera, write notes. Loaded with the first visit. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { devicesHere, turn } from "../call/choices";
import { canShare, share, sharing, stopSharing } from "../call/screen";
import { locale, tag } from "../lib/i18n";
import { fill, isolate } from "../lib/text";
import { clock } from "../lib/time";
import { IN_VISIT } from "../messages/in-visit";
import { NOTE_PAD } from "../messages/note-pad";
import type { BoardStore } from "./board-store";
import { make } from "./icons";
import type { KeyMap } from "./keymap";
import { NoteStore } from "./note-store";
import { Kbd } from "./shell";
import type { Row } from "./types";
import "./call-tools.css";

const Screen = make(<path d="M3.5 5h17v11h-17zM9 20h6M12 16v4" />);
const Pause = make(<path d="M8.500 5v14M15.500 5v14" />);
const Flip = make(<path d="M4 8h3l1.500-2.500h7L17 8h3v11H4zM9 13a3 3 0 0 1 5.500-1.500M15 14a3 3 0 0 1-5.500 1.500M14.500 9.500v2h-2M9.500 17.500v-2h2" />);

/** Press again to resume. Both pages follow what the server says, so that neither can believe something else. */
export function toggleHold(store: BoardStore, row: Row): void {
  void store.hold(row, !row.visit.held_at);
}

/** Show the screen, or stop. Browsers want a press for it, so it is asked for at once. */
export function toggleScreen(store: BoardStore): void {
  const joined = store.line.joined.peek();
  if (sharing.peek()) return stopSharing();
  if (!joined?.started || !canShare()) return;
  void share(joined).then((done) => {
    if (done === "failed") store.problem.value = IN_VISIT[locale.peek()].shareFailed;
  });
}

export function ToolButtons({ store, row, keys }: { store: BoardStore; row: Row; keys: KeyMap }) {
  const w = NOTE_PAD[locale.value];
  const both = IN_VISIT[locale.value];
  const [cameras, setCameras] = useState(0);
  const stream = store.media.stream.value;
  useEffect(() => void devicesHere().then((all) => setCameras(all.filter((one) => one.kind === "videoinput").length)), [stream]);
  const held = !!row.visit.held_at;
  const shows = sharing.value !== null;
  const flip = async (): Promise<void> => {
    await turn(stream);
    await store.media.reopen();
  };
  return (
    <>
      <button type="button" class={held ? "control control-on" : "control"} onClick={() => toggleHold(store, row)}>
        <span>
          <Pause /> <Kbd>{keys.hold.toUpperCase()}</Kbd>
        </span>
        {held ? w.resume : w.hold}
      </button>
      {canShare() && (
        <button type="button" class={shows ? "control control-on" : "control"} onClick={() => toggleScreen(store)}>
          <span>
            <Screen /> <Kbd>{keys.screen.toUpperCase()}</Kbd>
          </span>
          {shows ? both.shareStop : both.share}
        </button>
      )}
      {cameras > 1 && stream && (
        <button type="button" class="control narrow-only" onClick={() => void flip()}>
          <span>
            <Flip />
          </span>
          {both.flip}
        </button>
      )}
    </>
  );
}

/** As long as a screen is shown, its owner is told so. */
export function Sharing({ row }: { row: Row }) {
  if (sharing.value === null) return null;
  return (
    <p class="tag sharing" role="status">
      {fill(IN_VISIT[locale.value].sharing, { name: isolate(row.person.name) })}
    </p>
  );
}

/** Over the stage while the call is on hold. */
export function Held({ store, row }: { store: BoardStore; row: Row }) {
  const w = NOTE_PAD[locale.value];
  return (
    <div class="stage-words held" role="status">
      <p>
        <strong>{w.held(clock(tag.value, row.visit.held_at ?? "", store.board.practice.zone))}</strong>
      </p>
      <p>{w.heldText(isolate(row.person.name))}</p>
      <button type="button" class="button" onClick={() => toggleHold(store, row)}>
        {w.resume}
      </button>
    </div>
  );
}

/** Notes that are the provider's alone, with a word about where they are. */
export function NotePad({ store, visitId }: { store: BoardStore; visitId: string }) {
  const w = NOTE_PAD[locale.value];
  const notes = useMemo(() => new NoteStore(store.session.api, visitId, store.device.drafts()), [visitId]);
  useEffect(() => {
    void notes.load();
    return () => notes.close();
  }, [notes]);
  const state = notes.state.value;
  const at = notes.savedAt.value;
  const saved = at === null ? w.fresh : w.saved(clock(tag.value, at, store.board.practice.zone));
  const said = { loading: w.loading, failed: w.failed, saved, saving: w.saving, unsaved: w.unsaved, unkept: w.unkept }[state];
  return (
    <div class="note-pad">
      <label for="note-pad">{w.label}</label>
      <textarea
        id="note-pad"
        dir="auto"
        maxLength={20_000}
        value={notes.text.value}
        disabled={state === "loading" || state === "failed"}
        onInput={(event) => notes.write(event.currentTarget.value)}
        onBlur={() => notes.flush()}
      />
      <p class={state === "unsaved" || state === "unkept" || state === "failed" ? "word-warn" : "quiet"} role="status">
        {said} {notes.merged.value && w.merged}
      </p>
      {state === "failed" && (
        <button type="button" class="button" onClick={() => void notes.load()}>
          {w.again}
        </button>
      )}
      <p class="quiet">{w.privacy}</p>
    </div>
  );
}
