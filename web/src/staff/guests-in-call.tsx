/** Guests while a visit runs: who waits to be let in, and whom the provider speaks with alone. */
import { locale } from "../lib/i18n";
import { COMPANY } from "../messages/company";
import { letIn, nameOf, speakAlone, type Host } from "./guest-dialog";
import type { Row } from "./types";

/** One line each, with the one thing to do about it. */
export function GuestBars({ store, row }: { store: Host; row: Row }) {
  const w = COMPANY[locale.value];
  const apart = row.guests.filter((guest) => guest.aside);
  const came = row.guests.filter((guest) => guest.state === "here" && !guest.let_in && (guest.scope !== "trainee" || guest.agreed === true));
  const phoned = row.guests.filter((guest) => guest.phone === "asked" || guest.phone === "ringing");
  const unreached = row.guests.filter((guest) => guest.phone === "failed" && guest.state !== "here");
  return (
    <>
      {unreached.length > 0 && (
        <div class="notice notice-amber guest-bar" role="status">
          <p>{w.noPhone(unreached.map(nameOf).join(", "))}</p>
        </div>
      )}
      {phoned.length > 0 && (
        <div class="notice notice-amber guest-bar" role="status">
          <p>{w.onPhone(phoned.map(nameOf).join(", "))}</p>
        </div>
      )}
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
