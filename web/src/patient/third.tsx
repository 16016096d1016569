/** Who else is in the patient's call: their pictures, and a word while the others speak alone. Loaded when somebody is let in. */
import { useEffect } from "preact/hooks";
import { GuestTiles, guestOf, type Tile } from "../call/guest-tiles";
import type { Meeting } from "../call/meeting";
import { locale } from "../lib/i18n";
import { fill, isolate } from "../lib/text";
import type { PatientView } from "../lib/types";
import { IN_CALL } from "../messages/in-call";

export function Third({ call, view }: { call: Meeting; view: PatientView }) {
  const w = IN_CALL[locale.value];
  const alone = view.guests.some((guest) => guest.aside);
  useEffect(() => call.setAside(alone), [call, alone]);
  // Whose hands must be seen: the interpreter of somebody who signs.
  const signs = view.needs.some((need) => need.kind === "signing");
  const pinned = signs ? view.guests.find((guest) => guest.scope === "interpreter" && guest.let_in)?.id : undefined;
  const tiles = call.guests.value.flatMap((other): Tile[] => {
    const guest = view.guests.find((one) => one.id === guestOf(other.seat));
    if (!guest) return [];
    const name = guest.name ?? w.scope[guest.scope];
    const dark = other.sends.started && !other.sends.video;
    const told = [guest.name ? w.scope[guest.scope] : "", guest.muted ? w.muted : "", dark ? w.noPicture : ""].filter(Boolean);
    return [{ other, name, words: told, label: fill(w.tile, { name: isolate(name) }), large: guest.id === pinned, speaks: call.speaker.value === other.seat }];
  });
  const apart = view.guests.filter((guest) => guest.aside).map((guest) => guest.name ?? w.scope[guest.scope]);
  const phoned = view.guests.filter((guest) => guest.phone === "asked" || guest.phone === "ringing").map((guest) => guest.name ?? w.scope[guest.scope]);
  const names = { name: isolate(view.appointment.with), guest: isolate(apart.join(", ")) };
  const split = tiles.some((tile) => tile.large);
  useEffect(() => {
    const stage = document.querySelector(".call .stage");
    stage?.classList.toggle("split", split);
    return () => stage?.classList.remove("split");
  }, [split]);
  return (
    <>
      {tiles.length > 0 && <GuestTiles tiles={tiles} />}
      {phoned.length > 0 && (
        <div class="line-notice" role="status">
          <p>{fill(w.onPhone, { guest: isolate(phoned.join(", ")) })}</p>
        </div>
      )}
      {apart.length > 0 && (
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
