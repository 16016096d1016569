/** Running late on the board: the proposal, what people were told, and the question that L asks. */
import { useEffect, useState } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock } from "../lib/time";
import type { LateLine } from "../lib/types";
import type { BoardStore } from "./board-store";
import { Dialog } from "./dialog";
import { Warning } from "./icons";
import { MINUTES, type Whom } from "./late";
import { useSeconds } from "./notices";
import { Kbd } from "./shell";
import { lineWords, words } from "./words";

interface Props {
  store: BoardStore;
  lateKey: string;
  undoKey: string;
}

export function LateBar({ store, lateKey, undoKey }: Props) {
  const { said, lines } = store.late;
  return (
    <>
      {said.value && <JustSaid store={store} undoKey={undoKey} />}
      {lines.value.map(([lane, line]) => said.value?.lane !== lane && <LineBar key={lane} store={store} lane={lane} line={line} lateKey={lateKey} />)}
    </>
  );
}

function JustSaid({ store, undoKey }: { store: BoardStore; undoKey: string }) {
  const w = lineWords.value.late;
  const said = store.late.said.value;
  const seconds = useSeconds(said?.until ?? 0, said !== null);
  if (!said) return null;
  return (
    <div class="notice notice-calm" role="group" aria-label={w.title}>
      <p>
        <strong role="status">{said.minutes > 0 ? w.saying(said.told, said.minutes) : w.sayingInTime}</strong> {w.left(seconds)}
      </p>
      <button type="button" class="button" disabled={store.busy.value !== null} onClick={() => void store.late.takeBack()}>
        {w.takeBack} <Kbd>{undoKey.toUpperCase()}</Kbd>
      </button>
    </div>
  );
}

function LineBar({ store, lane, line, lateKey }: { store: BoardStore; lane: string; line: LateLine; lateKey: string }) {
  const w = lineWords.value.late;
  const pool = store.pools.value.find((one) => one.id === lane)?.name ?? null;
  const proposed = line.proposed ?? null;
  const whom = useWhom(store, lane, proposed ?? 0);
  const busy = store.busy.value !== null;
  const key = store.late.proposed?.lane === lane || proposed === null ? <Kbd>{lateKey.toUpperCase()}</Kbd> : null;
  if (proposed === null)
    return (
      <div class="notice notice-calm" role="group" aria-label={w.title}>
        <p>
          <bdi>{pool}</bdi> {w.known(line.told, line.minutes, line.at ? clock(tag.value, line.at, store.board.practice.zone) : "")}
        </p>
        <button type="button" class="button" onClick={() => (store.late.asking.value = true)}>
          {w.change} {key}
        </button>
        <button type="button" class="button" disabled={busy} onClick={() => void store.late.say(lane, 0)}>
          {w.inTime}
        </button>
      </div>
    );
  return (
    <div class="notice notice-amber" role="group" aria-label={w.title}>
      <Warning />
      <p role="status">
        <bdi>{pool}</bdi> <strong>{proposed > 0 ? w.proposed(proposed) : w.proposedInTime}</strong> {proposed > 0 && whom && w.concerns(whom.people)}
      </p>
      <button type="button" class="button button-main" disabled={busy} onClick={() => void store.late.say(lane, proposed)}>
        {proposed > 0 && whom ? w.tell(whom.people) : w.tellThem} {key}
      </button>
      <button type="button" class="button" onClick={() => (store.late.asking.value = true)}>
        {w.other}
      </button>
      <button type="button" class="button" disabled={busy} onClick={() => void store.late.decline(lane)}>
        {w.no}
      </button>
    </div>
  );
}

/** How many it concerns, asked of the server each time the question changes. */
function useWhom(store: BoardStore, lane: string, minutes: number): Whom | null {
  const [whom, setWhom] = useState<Whom | null>(null);
  const rows = store.rows.value.length;
  useEffect(() => {
    let current = true;
    setWhom(null);
    if (minutes > 0) store.late.whom(lane, minutes).then((found) => current && setWhom(found), (error: unknown) => console.error("late:", error));
    return () => void (current = false);
  }, [lane, minutes, rows]);
  return whom;
}

/** L, then Enter: by how much, and how many people hear it. */
export function LateDialog({ store }: { store: BoardStore }) {
  const w = lineWords.value.late;
  const first = store.late.proposed;
  const [lane, setLane] = useState(first?.lane ?? store.myId);
  const [minutes, setMinutes] = useState<number>(first && first.minutes > 0 ? first.minutes : 10);
  const whom = useWhom(store, lane, minutes);
  const close = (): void => void (store.late.asking.value = false);
  const mine = store.pools.value.filter((pool) => store.lanes.value.has(pool.id));
  const choices: number[] = MINUTES.some((n) => n === minutes) ? [...MINUTES] : [...MINUTES, minutes].sort((a, b) => a - b);
  return (
    <Dialog title={w.title} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void store.late.say(lane, minutes);
        }}
      >
        {mine.length > 0 && (
          <label class="field">
            <span>{w.line}</span>
            <select value={lane} onChange={(event) => setLane(event.currentTarget.value)}>
              <option value={store.myId}>{store.session.me.account.name}</option>
              {mine.map((pool) => (
                <option key={pool.id} value={pool.id}>
                  {pool.name}
                </option>
              ))}
            </select>
          </label>
        )}
        <fieldset class="levels late-levels">
          <legend>{w.how}</legend>
          {choices.map((n) => (
            <label key={n} class="check">
              <input type="radio" name="late" checked={minutes === n} onChange={() => setMinutes(n)} />
              <span>{words.value.common.minutes(n)}</span>
            </label>
          ))}
        </fieldset>
        <p class="hint" role="status">
          {whom ? w.whom(whom.people, whom.here) : words.value.common.loading}
        </p>
        <p class="hint">{w.choices}</p>
        {store.problem.value && <p class="word-bad">{store.problem.value}</p>}
        <p class="dialog-actions">
          <button type="submit" class="button button-main" disabled={store.busy.value !== null}>
            {whom ? w.tell(whom.people) : w.tellThem} <kbd aria-hidden="true">Enter</kbd>
          </button>
          <button type="button" class="button" onClick={close}>
            {words.value.common.cancel} <kbd aria-hidden="true">Esc</kbd>
          </button>
        </p>
      </form>
    </Dialog>
  );
}
