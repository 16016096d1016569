/** A visit with others: what they see of one's name. Nobody's is shown unless they chose it here. Loaded by whoever is in a group. */
import { useEffect, useRef, useState } from "preact/hooks";
import { locale, number, tag } from "../lib/i18n";
import { fill, isolate } from "../lib/text";
import type { PatientView, Shows } from "../lib/types";
import { GROUP } from "../messages/group";
import { Trouble, useStore } from "./context";

type Own = NonNullable<PatientView["group"]>;

const WAYS: Shows[] = ["nothing", "given", "full"];

function count(n: number): string {
  return number(tag.value, n);
}

/** How somebody is called who did not show a name. */
export function participant(n: number): string {
  return fill(GROUP[locale.value].participant, { n: count(n) });
}

export function GroupCard({ group }: { group: Own }) {
  const w = GROUP[locale.value];
  return (
    <section class="group-card" aria-labelledby="group-title">
      <h2 id="group-title">{w.title}</h2>
      <p>{w.text}</p>
      <Choice group={group} />
      <p class="quiet">{w.hint}</p>
    </section>
  );
}

/** Each press is the choice itself: there is nothing to send off afterwards, and what holds is what is marked. */
function Choice({ group }: { group: Own }) {
  const store = useStore();
  const w = GROUP[locale.value];
  const say = (one: Shows): string => fill(w[one], one === "nothing" ? { n: count(group.number) } : { name: isolate(group[one]) });
  return (
    <>
      <fieldset class="group-choice" disabled={store.busy.value}>
        <legend>{w.ask}</legend>
        {WAYS.map((one) => (
          <label key={one}>
            <input type="radio" name="shows" value={one} checked={group.shows === one} onChange={() => void store.act("/v1/my/shows", { shows: one })} />
            <span>{say(one)}</span>
          </label>
        ))}
      </fieldset>
      <Trouble />
    </>
  );
}

/** In the call: as whom one is seen, and the way to change it. */
export function AsSeen({ group }: { group: Own }) {
  const w = GROUP[locale.value];
  const [open, setOpen] = useState(false);
  const name = group.shows === "nothing" ? participant(group.number) : group[group.shows];
  return (
    <div class="group-seen">
      <span role="status">{fill(w.now, { name: isolate(name) })}</span>{" "}
      <button type="button" onClick={() => setOpen(true)}>
        {w.change}
      </button>
      {open && <Sheet group={group} onClose={() => setOpen(false)} />}
    </div>
  );
}

function Sheet({ group, onClose }: { group: Own; onClose: () => void }) {
  const w = GROUP[locale.value];
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={box} aria-labelledby="group-sheet" onClose={onClose}>
      <h2 id="group-sheet">{w.title}</h2>
      <Choice group={group} />
      <p>{w.hint}</p>
      <button type="button" class="button second" onClick={onClose}>
        {w.close}
      </button>
    </dialog>
  );
}
