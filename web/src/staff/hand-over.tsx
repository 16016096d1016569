/** Two questions about one person: who goes on with them, and how urgent they are. */
import { useEffect, useState } from "preact/hooks";
import type { BoardStore } from "./board-store";
import { Dialog } from "./dialog";
import { acuityOf, isInRoom } from "./sections";
import type { HandOver, Pool, Provider, Row } from "./types";
import { lineWords, words } from "./words";

interface Props {
  store: BoardStore;
  row: Row;
  onClose: () => void;
}

/** Choosing the place does it: two presses, with a note between them for whoever wants one. */
export function HandOverDialog({ store, row, onClose }: Props) {
  const w = lineWords.value.handOver;
  const [places, setPlaces] = useState<{ providers: Provider[]; pools: Pool[] } | null>(null);
  const [note, setNote] = useState("");
  useEffect(() => void store.places().then(setPlaces, (error: unknown) => console.error("places:", error)), []);
  const go = (to: HandOver): void => {
    const said = note.trim();
    void store.handOver(row, said ? { ...to, note: said } : to).then((done) => (done || store.problem.value) && onClose());
  };
  const others = places ? places.providers.length + places.pools.length : 0;
  return (
    <Dialog title={w.title(row.person.name)} onClose={onClose}>
      <p>{w.keeps}</p>
      <label class="field">
        <span>{w.note}</span>
        <textarea rows={2} maxLength={1000} dir="auto" value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
      <div class="places">
        {isInRoom(row) && <Place title={w.back} hint={w.backHint} onPress={() => go({})} />}
        {places?.pools.map((pool) => (
          <Place key={pool.id} title={w.to(pool.name)} hint={w.pool(pool.members.length)} onPress={() => go({ pool_id: pool.id })} />
        ))}
        {places?.providers.map((one) => (
          <Place key={one.id} title={w.to(one.name)} onPress={() => go({ provider_id: one.id })} />
        ))}
      </div>
      {places && others === 0 && !isInRoom(row) && <p>{w.nobody}</p>}
      <p class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {words.value.common.cancel} <kbd aria-hidden="true">Esc</kbd>
        </button>
      </p>
    </Dialog>
  );
}

function Place({ title, hint, onPress }: { title: string; hint?: string; onPress: () => void }) {
  return (
    <button type="button" class="button place" onClick={onPress}>
      <bdi>{title}</bdi>
      {hint && <small>{hint}</small>}
    </button>
  );
}

const LEVELS = [1, 2, 3, 4, 5];

export function UrgencyDialog({ store, row, onClose }: Props) {
  const w = lineWords.value.handOver;
  const [level, setLevel] = useState(acuityOf(row));
  const [reason, setReason] = useState(row.entry?.triage_note ?? "");
  const [missing, setMissing] = useState(false);
  const save = (): void => {
    if (!reason.trim()) return setMissing(true);
    void store.triage(row, level, reason.trim()).then((done) => (done || store.problem.value) && onClose());
  };
  return (
    <Dialog title={w.urgencyTitle(row.person.name)} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <fieldset class="levels">
          <legend class="sr-only">{w.urgency}</legend>
          {LEVELS.map((n) => (
            <label key={n} class="check">
              <input type="radio" name="level" checked={level === n} onChange={() => setLevel(n)} />
              <span>{lineWords.value.acuity(n)}</span>
            </label>
          ))}
        </fieldset>
        <label class="field">
          <span>{w.reason}</span>
          <input
            type="text"
            maxLength={300}
            dir="auto"
            value={reason}
            aria-invalid={missing}
            aria-describedby={missing ? "reason-missing" : undefined}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        {missing && (
          <p class="word-bad" id="reason-missing" role="alert">
            {w.reasonMissing}
          </p>
        )}
        <p class="hint">{w.told}</p>
        <p class="dialog-actions">
          <button type="submit" class="button button-main">
            {w.save}
          </button>
          <button type="button" class="button" onClick={onClose}>
            {words.value.common.cancel} <kbd aria-hidden="true">Esc</kbd>
          </button>
        </p>
      </form>
    </Dialog>
  );
}
