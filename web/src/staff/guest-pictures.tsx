/** The guests' pictures in the provider's call. Loaded when somebody is let in. */
import { GuestTiles, guestOf, type Tile } from "../call/guest-tiles";
import type { Meeting } from "../call/meeting";
import { locale } from "../lib/i18n";
import { COMPANY } from "../messages/company";
import { nameOf } from "./guest-dialog";
import { pinnedOf } from "./guests-in-call";
import type { Row } from "./types";

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
