/** Who else is in the patient's call: their pictures, and a word while the others speak alone. Loaded when somebody is let in. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { GuestTiles, guestOf, type Tile } from "../call/guest-tiles";
import type { Meeting } from "../call/meeting";
import { locale } from "../lib/i18n";
import { fill, isolate } from "../lib/text";
import type { PatientView } from "../lib/types";
import { GROUP } from "../messages/group";
import { IN_CALL } from "../messages/in-call";

/** What whoever is in a group needs beside the tiles. */
const together = signal<typeof import("./group") | null>(null);

interface Known {
  id: string;
  /** Their name, or what they are. */
  name: string;
  /** What they are, beside a name. */
  is: string;
  muted: boolean;
  aside: boolean;
}

/** Everybody this page knows by seat. A number stands beside the name of another member, so that no name passes for somebody else. */
function known(view: PatientView): Map<string, Known> {
  const w = IN_CALL[locale.value];
  const found = new Map<string, Known>();
  for (const { id, name, scope, muted, aside } of view.guests) {
    found.set(`${id}.guest`, { id, name: name ?? w.scope[scope], is: name ? w.scope[scope] : "", muted, aside });
  }
  for (const { seat, who, name, number, aside } of view.company ?? []) {
    const at = number ? (together.value?.participant(number) ?? "") : "";
    const of = who === "member" || who === "provider" ? at : fill(GROUP[locale.value].of, { who: w.scope[who], n: String(number) });
    found.set(seat, { id: seat, name: name ?? of, is: name ? of : "", muted: false, aside });
  }
  // Who leads the visit may change while it runs: then the picture that is large is another one.
  found.set(view.call.partner ?? "", { id: "", name: view.appointment.with, is: "", muted: false, aside: false });
  return found;
}

export function Third({ call, view }: { call: Meeting; view: PatientView }) {
  const w = IN_CALL[locale.value];
  const people = known(view);
  const alone = [...people.values()].filter(({ aside }) => aside);
  useEffect(() => call.setAside(alone.length > 0), [call, alone.length > 0]);
  useEffect(() => void (call.partner.value = view.call.partner), [call, view.call.partner]);
  const grouped = Boolean(view.group);
  useEffect(() => void (grouped && import("./group").then((part) => (together.value = part))), [grouped]);
  // Whose hands must be seen: the interpreter of somebody who signs.
  const signs = view.needs.some((need) => need.kind === "signing");
  const pinned = signs ? view.guests.find((guest) => guest.scope === "interpreter" && guest.let_in)?.id : undefined;
  const tiles = call.guests.value.flatMap((other): Tile[] => {
    const one = people.get(other.seat);
    if (!one) return [];
    const dark = other.sends.started && !other.sends.video;
    const told = [one.is, one.muted ? w.muted : "", dark ? w.noPicture : ""].filter(Boolean);
    const large = pinned !== undefined && guestOf(other.seat) === pinned;
    return [{ other, name: one.name, words: told, label: fill(w.tile, { name: isolate(one.name) }), large, speaks: call.speaker.value === other.seat }];
  });
  const phoned = view.guests.filter((guest) => guest.phone === "asked" || guest.phone === "ringing").map((guest) => guest.name ?? w.scope[guest.scope]);
  const names = { name: isolate(view.appointment.with), guest: isolate(alone.map(({ name }) => name).join(", ")) };
  const split = tiles.some((tile) => tile.large);
  useEffect(() => {
    const stage = document.querySelector(".call .stage");
    stage?.classList.toggle("split", split);
    return () => stage?.classList.remove("split");
  }, [split]);
  return (
    <>
      {tiles.length > 0 && <GuestTiles tiles={tiles} />}
      {view.group && together.value && <together.value.AsSeen group={view.group} />}
      {phoned.length > 0 && (
        <div class="line-notice" role="status">
          <p>{fill(w.onPhone, { guest: isolate(phoned.join(", ")) })}</p>
        </div>
      )}
      {alone.length > 0 && (
        <div class="aside-words" role="status">
          <p>
            <strong>{fill(w.asideTitle, names)}</strong>
          </p>
          <p>{fill(w.asideText, names)}</p>
        </div>
      )}
    </>
  );
}
