/** Who would come earlier, in the order in which they are asked; what became free, and who gets it. Loaded when wanted. */
import { useEffect, useRef, useState } from "preact/hooks";
import { locale, tag } from "../lib/i18n";
import { clock, dayKey } from "../lib/time";
import { WAITLIST } from "../messages/waitlist";
import "../styles/staff-absence.css";
import { now } from "./clock";
import { Dialog } from "./dialog";
import { ErrorSummary, faultsAt, TextField, type Fault } from "./fields";
import type { ScheduleStore } from "./schedule-store";
import { explain } from "./session";
import type { Slotted } from "./types";
import { shortDate } from "./words";

interface Entry {
  id: string;
  appointment_id: string;
  person: { id: string; name: string };
  start: string;
  version: number;
  provider_id?: string | null;
  priority: string;
  standby: boolean;
  offer?: { id: string; start: string; expires_at: string } | null;
}

interface Opening {
  id: string;
  provider_id: string;
  start: string;
  end: string;
  state: "open" | "taken" | "closed";
  offered: number;
}

interface List {
  entries: Entry[];
  openings: Opening[];
}

const LOOK_MS = 5_000;

function useWhen(store: ScheduleStore): (start: string) => string {
  return (start) => {
    const today = dayKey(start, store.zone) === dayKey(new Date(now.value), store.zone);
    return `${today ? "" : `${shortDate(start, store.zone)}, `}${clock(tag.value, start, store.zone)}`;
  };
}

/** Whom a freed time would suit as far as the list says: with that provider, and earlier than what they have. */
export function suitedTo(opening: Opening, entries: Entry[]): Entry[] {
  return entries.filter((one) => (!one.provider_id || one.provider_id === opening.provider_id) && Date.parse(one.start) > Date.parse(opening.start));
}

export default function WaitlistDialog({ store, onClose }: { store: ScheduleStore; onClose: () => void }) {
  const w = WAITLIST[locale.value];
  const [list, setList] = useState<List | null>(null);
  const [faults, setFaults] = useState<Fault[]>([]);
  const [said, setSaid] = useState("");
  const at = useWhen(store);
  const look = (): Promise<void> => store.session.api.get<List>("/v1/waitlist").then(setList, (error: unknown) => setFaults([{ field: "", text: explain(error) }]));
  useEffect(() => {
    void look();
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const run = async (act: () => Promise<unknown>, done = ""): Promise<void> => {
    setFaults([]);
    setSaid("");
    try {
      await act();
      setSaid(done);
    } catch (error) {
      setFaults([{ field: "", text: explain(error) }]);
    }
    await look();
  };
  const openings = list?.openings.filter((one) => one.state === "open") ?? [];
  return (
    <Dialog title={w.title} onClose={onClose}>
      <div class="absence">
        <ErrorSummary faults={faults} />
        <p>{w.lead}</p>
        {list?.entries.length === 0 && <p class="quiet">{w.none}</p>}
        <ol>
          {list?.entries.map((one) => (
            <li key={one.id} class="absence-line">
              <span class={one.offer ? "absence-from" : "absence-from absence-wide"}>
                <strong>
                  <bdi>{one.person.name}</bdi>
                </strong>
                <span class="quiet">{[w.has(at(one.start)), one.provider_id ? "" : w.anyone, one.standby ? w.standby : ""].filter(Boolean).join(" · ")}</span>
              </span>
              {one.offer && (
                <span class="absence-to">
                  <span class="word-teal">{w.offered(at(one.offer.start), clock(tag.value, one.offer.expires_at, store.zone))}</span>
                </span>
              )}
              <span class="button-row">
                {one.offer && (
                  <button
                    type="button"
                    class="button"
                    aria-label={w.takeFor(one.person.name)}
                    onClick={() => void run(() => store.session.api.post(`/v1/offers/${one.offer?.id}/take`, {}), w.moved(one.person.name, at(one.offer?.start ?? one.start)))}
                  >
                    {w.take}
                  </button>
                )}
                <button type="button" class="button" aria-label={w.leave(one.person.name)} onClick={() => void run(() => store.session.api.delete(`/v1/waitlist/${one.id}`), w.taken(one.person.name))}>
                  {w.off}
                </button>
              </span>
            </li>
          ))}
        </ol>
        <section aria-labelledby="freed-title">
          <h3 id="freed-title">{w.freed}</h3>
          {openings.length === 0 && <p class="quiet">{w.noneFreed}</p>}
          <ul>
            {openings.map((one) => (
              <Fill
                key={one.id}
                store={store}
                opening={one}
                entries={suitedTo(one, list?.entries ?? [])}
                onGive={(entry) =>
                  void run(
                    () => store.session.api.post(`/v1/appointments/${entry.appointment_id}/move`, { version: entry.version, start: one.start, provider_id: one.provider_id }),
                    w.moved(entry.person.name, at(one.start)),
                  )
                }
              />
            ))}
          </ul>
        </section>
        <p role="status" class="absence-state">
          {said}
        </p>
        <p class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {w.close}
          </button>
        </p>
      </div>
    </Dialog>
  );
}

interface FillProps {
  store: ScheduleStore;
  opening: Opening;
  entries: Entry[];
  onGive: (entry: Entry) => void;
}

function Fill({ store, opening, entries, onGive }: FillProps) {
  const w = WAITLIST[locale.value];
  const at = useWhen(store);
  const [chosen, choose] = useState("");
  const who = store.lists.providers.find((one) => one.id === opening.provider_id)?.name ?? "";
  const entry = entries.find((one) => one.id === chosen);
  return (
    <li class="absence-line">
      <span class="absence-from">
        <strong>{at(opening.start)}</strong>
        <span class="quiet">{who}</span>
      </span>
      <span class="absence-to">
        <span class="quiet">{w.asked(opening.offered)}</span>
        {entries.length === 0 && <span class="quiet">{w.nobody}</span>}
      </span>
      {entries.length > 0 && (
        <span class="button-row">
          <select aria-label={w.fill(at(opening.start))} value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
            <option value="">{w.choose}</option>
            {entries.map((one) => (
              <option key={one.id} value={one.id}>
                {one.person.name}
              </option>
            ))}
          </select>
          <button type="button" class="button" disabled={!entry} onClick={() => entry && onGive(entry)}>
            {w.give}
          </button>
        </span>
      )}
    </li>
  );
}

/** Puts a visit on the list, with what would suit. */
export function Wish({ store, row }: { store: ScheduleStore; row: Slotted }) {
  const w = WAITLIST[locale.value];
  const [wish, setWish] = useState({ any: false, standby: false, urgent: false, first_day: "", last_day: "", begins: "", ends: "" });
  const [faults, setFaults] = useState<Fault[]>([]);
  const [said, setSaid] = useState("");
  const form = useRef<HTMLFormElement>(null);
  // The button that asked for this form is gone, with the keyboard.
  useEffect(() => form.current?.querySelector("input")?.focus(), []);
  const set = (change: Partial<typeof wish>): void => setWish({ ...wish, ...change });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setFaults([]);
    const times = Object.fromEntries((["first_day", "last_day", "begins", "ends"] as const).filter((name) => wish[name]).map((name) => [name, wish[name]]));
    const body = { appointment_id: row.id, any_provider: wish.any, standby: wish.standby, priority: wish.urgent ? "urgent" : "routine", ...times };
    try {
      const list = await store.session.api.post<List>("/v1/waitlist", body);
      setSaid(w.joined(list.entries.findIndex((one) => one.appointment_id === row.id) + 1));
    } catch (error) {
      const found = faultsAt(error, "wish-");
      setFaults(found.length > 0 ? found : [{ field: "", text: explain(error) }]);
    }
  };
  const boxes = [
    ["any", w.anyProvider],
    ["standby", w.standbyBox],
    ["urgent", w.urgent],
  ] as const;
  return (
    <form ref={form} class="times" noValidate aria-labelledby="wish-title" onSubmit={(event) => void submit(event)}>
      <h3 id="wish-title">{w.wish}</h3>
      <ErrorSummary faults={faults} />
      {boxes.map(([name, label]) => (
        <label key={name} class="check">
          <input type="checkbox" checked={wish[name]} onChange={(event) => set({ [name]: event.currentTarget.checked })} />
          <span>{label}</span>
        </label>
      ))}
      <div class="pair">
        <TextField id="wish-first_day" label={w.firstDay} optional type="date" value={wish.first_day} onValue={(first_day) => set({ first_day })} faults={faults} />
        <TextField id="wish-last_day" label={w.lastDay} optional type="date" value={wish.last_day} onValue={(last_day) => set({ last_day })} faults={faults} />
      </div>
      <div class="pair">
        <TextField id="wish-begins" label={w.begins} optional type="time" value={wish.begins} onValue={(begins) => set({ begins })} faults={faults} />
        <TextField id="wish-ends" label={w.ends} optional type="time" value={wish.ends} onValue={(ends) => set({ ends })} faults={faults} />
      </div>
      <p>
        <button type="submit" class="button">
          {w.join}
        </button>
      </p>
      <p role="status" class="word-good">
        {said}
      </p>
    </form>
  );
}
