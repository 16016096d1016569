/** Guests while a visit runs: who waits to be let in, whom the provider speaks with alone, and their pictures. */
import { locale } from "../lib/i18n";
import { GuestTiles, guestOf, type Tile } from "../call/guest-tiles";
import type { Meeting } from "../call/meeting";
import { COMPANY } from "../messages/company";
import { letIn, nameOf, speakAlone, type Host } from "./guest-dialog";
import type { Row } from "./types";

/** One line each, with the one thing to do about it. */
export function GuestBars({ store, row }: { store: Host; row: Row }) {
  const w = COMPANY[locale.value];
  const apart = row.guests.filter((guest) => guest.aside);
  const came = row.guests.filter((guest) => guest.state === "here" && !guest.let_in && (guest.scope !== "trainee" || guest.agreed === true));
  return (
    <>
      {apart.length > 0 && (
        <div class="notice notice-amber guest-bar" role="status">
          <p>{w.aloneWith(apart.map(nameOf).join(", "), row.person.name)}</p>
          <button type="button" class="button" onClick={() => void speakAlone(store, row, [])}>
            {w.together}
          </button>
        </div>
      )}
      {came.map((guest) => (
        <div key={guest.id} class="notice notice-calm guest-bar" role="status">
          <p>{w.cameHere(guest.name ? `${w.scope[guest.scope]}: ${guest.name}` : w.scope[guest.scope])}</p>
          <button type="button" class="button button-main" onClick={() => void letIn(store, row, guest, true)}>
            {w.admit}
            <span class="sr-only"> {nameOf(guest)}</span>
          </button>
        </div>
      ))}
    </>
  );
}

/** Whose hands must be seen: the interpreter of somebody who signs. */
export function pinnedOf(row: Row): string | null {
  const signs = row.person.needs.some((need) => need.kind === "signing");
  return signs ? (row.guests.find((guest) => guest.scope === "interpreter" && guest.let_in)?.id ?? null) : null;
}

export function GuestPictures({ row, call }: { row: Row; call: Meeting }) {
  const w = COMPANY[locale.value];
  const pinned = pinnedOf(row);
  const tiles = call.guests.value.flatMap((other): Tile[] => {
    const guest = row.guests.find((one) => one.id === guestOf(other.seat));
    if (!guest) return [];
    const silent = other.sends.started && !other.sends.video;
    const told = [guest.name ? w.scope[guest.scope] : "", guest.muted ? w.mutedByYou : "", silent ? w.noPicture : ""].filter(Boolean);
    return [{ other, name: nameOf(guest), words: told, label: w.tile(nameOf(guest)), large: guest.id === pinned, speaks: call.speaker.value === other.seat }];
  });
  return tiles.length > 0 ? <GuestTiles tiles={tiles} /> : null;
}
