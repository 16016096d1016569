/** One key in an emergency: where the patient is, whom to ring, a second line. The call goes on behind it. */
import { useEffect, useState } from "preact/hooks";
import { locale, tag } from "../lib/i18n";
import { isolate } from "../lib/text";
import { clock } from "../lib/time";
import { EMERGENCY } from "../messages/emergency";
import type { BoardStore } from "./board-store";
import { Dialog } from "./dialog";
import { Phone, Warning } from "./icons";
import { explain } from "./session";
import type { Row } from "./types";

interface Card {
  at: string;
  place: string;
  region: string;
  phone: string;
  phone_shown: string;
  number: string;
  of: "place" | "practice";
  contact?: { name: string; phone: string; shown: string } | null;
  ringing?: "services" | "contact" | null;
}

/** The country's name in the reader's language. */
function regionName(region: string): string {
  return new Intl.DisplayNames([tag.value], { type: "region" }).of(region.split("-")[0] ?? region) ?? region;
}

export function Emergency({ store, row, onClose }: { store: BoardStore; row: Row; onClose: () => void }) {
  const w = EMERGENCY[locale.value];
  const [card, setCard] = useState<Card | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const ask = (ring?: "services" | "contact"): void => {
    setFault(null);
    store.session.api.post<Card>(`/v1/visits/${row.visit.id}/emergency`, ring ? { ring } : {}).then(setCard, (error: unknown) => setFault(explain(error)));
  };
  useEffect(() => ask(), []);
  const { zone, emergency_number: own } = store.board.practice;
  return (
    <Dialog title={w.title} onClose={onClose}>
      <div class="emergency-card">
        {!card && !fault && <p role="status">{w.loading}</p>}
        {fault && (
          <p class="word-bad" role="alert">
            <Warning /> {fault}
          </p>
        )}
        {!card && fault && (
          <p>
            {w.failed} <a href={`tel:${own}`}>{own}</a>
          </p>
        )}
        {card && (
          <>
            <p class="emergency-number">
              <strong>{w.number(isolate(card.number))}</strong>
            </p>
            <p>{card.of === "place" ? w.ofPlace(regionName(card.region)) : w.ofPractice}</p>
            <Ring w={w} number={card.number} busy={card.ringing === "services"} onRing={() => ask("services")} />
            <dl class="told">
              <div>
                <dt>{w.where}</dt>
                <dd dir="auto">
                  <strong>{card.place ? `${card.place}${card.region ? `, ${regionName(card.region)}` : ""}` : w.whereUnknown}</strong>
                </dd>
              </div>
              <div>
                <dt>{w.callBack}</dt>
                <dd>{card.phone ? <a href={`tel:${card.phone}`}>{card.phone_shown}</a> : w.none}</dd>
              </div>
              <div>
                <dt>{w.contact}</dt>
                <dd>{card.contact ? <bdi>{`${card.contact.name} ${card.contact.shown}`}</bdi> : w.none}</dd>
              </div>
            </dl>
            {card.contact && <Ring w={w} number={card.contact.phone} busy={card.ringing === "contact"} onRing={() => ask("contact")} />}
            <p class="quiet" role="status">
              {w.at(clock(tag.value, card.at, zone))} {card.ringing && w.ringing}
            </p>
          </>
        )}
        <p class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {w.close}
          </button>
        </p>
      </div>
    </Dialog>
  );
}

/** The device's own telephone first, since nobody can refuse it; a second line through the clinic beside it. Neither waits for the other. */
function Ring({ w, number, busy, onRing }: { w: (typeof EMERGENCY)["en"]; number: string; busy: boolean; onRing: () => void }) {
  return (
    <p class="button-row">
      <a class="button button-stop" href={`tel:${number}`}>
        <Phone /> {w.call(isolate(number))}
      </a>
      <button type="button" class="button" disabled={busy} onClick={onRing}>
        {w.ring}
      </button>
    </p>
  );
}
