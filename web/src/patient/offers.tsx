import { render } from "preact";
import { useState } from "preact/hooks";
import { Problem } from "../lib/api";
import { locale, number, tag } from "../lib/i18n";
import { viewerZone, visitTime } from "../lib/time";
import type { PatientView } from "../lib/types";
import { OFFERS } from "../messages/offers";
import "../styles/door.css";
import type { RoomStore } from "./store";

/** An earlier time that can be had instead, and a visit that the clinic cannot keep. Loaded when there is one. */

/** Draws this part above the room's own screen: it does not wait for anybody to scroll. */
export default function mountOffers(store: RoomStore): void {
  const place = document.createElement("div");
  store.handoff.root.before(place);
  render(<Offers store={store} />, place);
}

function Offers({ store }: { store: RoomStore }) {
  const w = OFFERS[locale.value];
  const { offers = [], appointment } = store.view.value;
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const before = ["early", "open", "waiting", "away"].includes(store.screen.value);
  const live = offers.filter((one) => Date.parse(one.expires_at) > store.minute.value);
  if (!before || store.messages.value) return null;
  const act = async (id: string, verb: "take" | "decline"): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setTrouble("");
    try {
      store.take(await store.handoff.api.post<PatientView>(`/v1/my/offers/${id}/${verb}`, {}));
      // The offer that had the focus is gone: the heading of what is now says what became of it.
      store.handoff.root.querySelector<HTMLElement>("h1")?.focus();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setTrouble(error.offline ? w.offline : error.detail);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {appointment.displaced && (
        <section class="notice warn" aria-labelledby="displaced-title">
          <h2 id="displaced-title">{w.displacedTitle}</h2>
          <p>{w.displaced}</p>
        </section>
      )}
      {(live.length > 0 || trouble) && (
        <section class="prepare" aria-labelledby="offers-title">
          <h2 id="offers-title">{live.length === 1 ? w.title : w.titles}</h2>
          <p>{w.lead}</p>
          {live.map((one) => {
            const at = visitTime(tag.value, one.start, viewerZone(), one.zone);
            const left = Math.floor((Date.parse(one.expires_at) - store.minute.value) / 60_000);
            return (
              <div key={one.id}>
                <p>
                  <strong>{w.when(at.day, at.clock, at.zone)}</strong>
                  <br />
                  <span class="quiet">{left < 1 ? w.soon : w.left(number(tag.value, left))}</span>
                </p>
                <div class="actions">
                  <button type="button" class="button" aria-disabled={busy ? "true" : undefined} onClick={() => void act(one.id, "take")}>
                    {w.take(at.clock)}
                  </button>
                  <button type="button" class="button second" aria-disabled={busy ? "true" : undefined} onClick={() => void act(one.id, "decline")}>
                    {w.decline}
                  </button>
                </div>
              </div>
            );
          })}
          <div role="alert">{trouble && <p class="notice warn">{trouble}</p>}</div>
        </section>
      )}
    </>
  );
}
