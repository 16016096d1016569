/** The visit by telephone: the number, and the word that it is not encrypted. It takes the place of the picture. */
import { useState } from "preact/hooks";
import type { BoardStore } from "./board-store";
import type { Number } from "./desk-store";
import { Phone } from "./icons";
import { explain } from "./session";
import type { Row } from "./types";
import { lineWords } from "./words";

export function PhoneLeg({ store, row }: { store: BoardStore; row: Row }) {
  const w = lineWords.value.phone;
  const [number, setNumber] = useState<Number | null>(null);
  const ask = (): void => {
    store.session.api.post<Number>(`/v1/appointments/${row.id}/ring`, {}).then(setNumber, (error: unknown) => (store.problem.value = explain(error)));
  };
  return (
    <section class="tile phone-leg" aria-label={w.title}>
      <div class="stage-words">
        <h2>{w.title}</h2>
        <p>{w.text(row.person.name)}</p>
        {number ? (
          <a class="button button-main" href={`tel:${number.phone}`}>
            <Phone /> <bdi>{w.number(number.shown)}</bdi>
          </a>
        ) : (
          <button type="button" class="button button-main" onClick={ask}>
            <Phone /> {w.ask}
          </button>
        )}
        {number?.others_may_read && <p>{w.shared}</p>}
      </div>
    </section>
  );
}
