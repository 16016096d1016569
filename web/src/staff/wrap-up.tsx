/** After a visit, over the lists while the next card is already up: what came of it, and the next visit in one click. */
import { tag } from "../lib/i18n";
import { clock } from "../lib/time";
import type { BoardStore } from "./board-store";
import { Summary } from "./summary";
import { useTogether } from "./together-slot";
import { lineWords, shortDate } from "./words";

const WEEKS = [1, 2, 4];

export function WrapUp({ store }: { store: BoardStore }) {
  const w = lineWords.value.wrap;
  const row = store.wrap.value ? store.board.rows[store.wrap.value] : undefined;
  const part = useTogether(Boolean(row?.group));
  if (!row?.visit.outcome) return null;
  const zone = store.board.practice.zone;
  const next = store.followUp.value;
  return (
    <section class="wrap" aria-label={w.title(row.person.name)}>
      <p>
        <strong>{w.title(row.person.name)}</strong>
      </p>
      {part && <part.WrapWho store={store} row={row} />}
      <label class="wrap-outcome">
        <span>{w.outcome}</span>{" "}
        <select value={row.visit.outcome} onChange={(event) => void store.setOutcome(row, event.currentTarget.value)}>
          {Object.entries(w.outcomes).map(([outcome, word]) => (
            <option key={outcome} value={outcome}>
              {word}
            </option>
          ))}
        </select>
      </label>
      {row.visit.follow_up ? (
        <p role="status">{next && w.booked(`${shortDate(next.start, zone)} ${clock(tag.value, next.start, zone)}`)}</p>
      ) : (
        <div class="chips" role="group" aria-label={w.next}>
          <span>{w.next}</span>
          {WEEKS.map((weeks) => (
            <button type="button" key={weeks} class="chip" disabled={store.busy.value !== null} onClick={() => void store.bookAgain(row, weeks)}>
              {w.weeks(weeks)}
            </button>
          ))}
        </div>
      )}
      <Summary store={store} row={row} />
      <button type="button" class="link-button" onClick={() => (store.wrap.value = null)}>
        {w.done}
      </button>
    </section>
  );
}
