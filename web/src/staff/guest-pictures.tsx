/** The further pictures in the provider's call: guests, the members of a group, another clinician. Loaded when there is one of them. */
import { useEffect } from "preact/hooks";
import { GuestTiles, guestOf, type Tile } from "../call/guest-tiles";
import type { Meeting } from "../call/meeting";
import { locale } from "../lib/i18n";
import { COMPANY } from "../messages/company";
import type { BoardStore } from "./board-store";
import { nameOf } from "./guest-dialog";
import { pinnedOf } from "./guests-in-call";
import type { Row } from "./types";

interface Known {
  name: string;
  words: string[];
}

/** Everybody the board knows by seat. */
function known(store: BoardStore, row: Row): Map<string, Known> {
  const w = COMPANY[locale.value];
  const found = new Map<string, Known>();
  const several = Boolean(row.group);
  for (const one of store.together(row)) {
    found.set(`${one.visit.id}.patient`, { name: one.person.name, words: [] });
    for (const guest of one.guests) {
      const is = guest.name ? w.scope[guest.scope] : "";
      found.set(`${guest.id}.guest`, { name: nameOf(guest), words: [is, several ? one.person.name : "", guest.muted ? w.mutedByYou : ""] });
    }
  }
  for (const { id, name } of [row.provider, ...row.co_providers]) found.set(id, { name, words: [] });
  return found;
}

export function GuestPictures({ store, row, call }: { store: BoardStore; row: Row; call: Meeting }) {
  const w = COMPANY[locale.value];
  const pinned = pinnedOf(row);
  const people = known(store, row);
  // Of a group nobody is the one shown large, so that no name ever stands under another's picture.
  const grid = Boolean(row.group);
  const seat = `${row.visit.id}.patient`;
  useEffect(() => void (call.partner.value = seat), [call, seat]);
  const tiles = (grid ? call.everybody : call.guests).value.flatMap((other): Tile[] => {
    const one = people.get(other.seat);
    if (!one) return [];
    const silent = other.sends.started && !other.sends.video;
    const told = [...one.words, silent ? w.noPicture : ""].filter(Boolean);
    const large = !grid && pinned !== null && guestOf(other.seat) === pinned;
    return [{ other, name: one.name, words: told, label: w.tile(one.name), large, speaks: call.speaker.value === other.seat }];
  });
  return tiles.length > 0 ? <GuestTiles tiles={tiles} grid={grid} /> : null;
}
