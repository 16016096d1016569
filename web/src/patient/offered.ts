/** On page zero: an earlier time that is free, or a visit that the clinic cannot keep. Loaded when there is one. */
import { make } from "../lib/dom";
import { viewerZone, visitTime } from "../lib/time";
import type { LinkView } from "../lib/types";
import { OFFERS } from "../messages/offers";
import { locale, tag } from "./words";

/** Draws it after `place`, in place of what it drew before; what runs out leaves by itself. */
export default function showOffered(link: LinkView, place: HTMLElement): void {
  document.getElementById("offered")?.remove();
  const w = OFFERS[locale()];
  const live = link.offers.filter((one) => Date.parse(one.expires_at) > Date.now());
  const lines = live.flatMap((one) => {
    const at = visitTime(tag(), one.start, viewerZone(), one.zone);
    const left = Math.floor((Date.parse(one.expires_at) - Date.now()) / 60_000);
    return [make("p", {}, make("strong", {}, w.when(at.day, at.clock, at.zone))), make("p", {}, left < 1 ? w.soon : w.left(new Intl.NumberFormat(tag()).format(left)))];
  });
  const parts = link.appointment.displaced
    ? [make("h2", {}, w.displacedTitle), make("p", {}, w.displaced)]
    : [make("h2", {}, live.length === 1 ? w.title : w.titles), ...lines, make("p", {}, `${w.lead} ${w.inside}`)];
  if (!link.appointment.displaced && live.length === 0) return;
  place.after(make("section", { class: "notice", id: "offered" }, ...parts));
  setTimeout(() => document.getElementById("offered") && showOffered(link, place), 20_000);
}
