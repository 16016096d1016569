/** What stands over the lists while it is so: a visit that can be taken back, people nobody has looked at. */
import { useEffect, useState } from "preact/hooks";
import type { BoardStore } from "./board-store";
import { now } from "./clock";
import { Warning } from "./icons";
import { isInRoom } from "./sections";
import { Kbd } from "./shell";
import { count, lineWords } from "./words";

export function EndingBar({ store, undoKey }: { store: BoardStore; undoKey: string }) {
  const w = lineWords.value.ending;
  const row = store.ending.row.value;
  const seconds = useSeconds(store.ending.until.value, row !== null);
  if (!row) return null;
  const title = w.title(store.together(row).filter(isInRoom).map((one) => one.person.name).join(", "));
  return (
    <div class="notice notice-calm" role="group" aria-label={title}>
      <p>
        <strong role="status">{title}.</strong> {w.left(seconds)}
      </p>
      <button type="button" class="button" onClick={() => store.undoEnd()}>
        {w.undo} <Kbd>{undoKey.toUpperCase()}</Kbd>
      </button>
      <button type="button" class="button" onClick={() => void store.ending.finish()}>
        {w.now}
      </button>
    </div>
  );
}

export function useSeconds(until: number, running: boolean): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (!running) return undefined;
    const tick = (): void => setLeft(Math.max(0, Math.ceil((until - performance.now()) / 1_000)));
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [until, running]);
  return left;
}

/** Unseen for two minutes: said until somebody looks. */
export function UnseenBar({ store }: { store: BoardStore }) {
  const w = lineWords.value;
  void now.value; // counts again each second
  const overdue = store.overdue;
  const first = overdue[0];
  if (first === undefined) return null;
  return (
    <div class="notice notice-amber" role="status">
      <Warning />
      <p>
        <strong>{w.overdue(overdue.length)}</strong>
      </p>
      <button type="button" class="button" onClick={() => store.select(first)}>
        {w.look} {overdue.length > 1 && <span class="quiet">{count(overdue.length)}</span>}
      </button>
    </div>
  );
}
