/** A provider is away: who goes where and why, looked at before anything moves; applied, watched, or taken back. */
import { useEffect, useRef, useState } from "preact/hooks";
import { locale, tag } from "../lib/i18n";
import { clock, zoneName } from "../lib/time";
import { ABSENCE } from "../messages/absence";
import "../styles/staff-absence.css";
import { now } from "./clock";
import { Dialog } from "./dialog";
import { ErrorSummary, faultsAt, TextField, type Fault } from "./fields";
import type { ScheduleStore } from "./schedule-store";
import { explain } from "./session";
import type { Provider } from "./types";
import { wallOf } from "./wall-time";
import { birthDate, count, shortDate, words } from "./words";

type Way = "colleague" | "without" | "move" | "choose" | "call" | "leave";

interface Item {
  id: string;
  appointment_id: string;
  person: { id: string; name: string; birth_date: string };
  start: string;
  visit_type: string;
  waiting: boolean;
  reach?: string | null;
  way: Way;
  ways: Way[];
  why: string;
  to?: { provider: Provider; start: string } | null;
  outcome?: string | null;
}

export interface Absence {
  id: string;
  status: "draft" | "on-hold" | "active" | "completed" | "revoked";
  version: number;
  provider: Provider;
  day: string;
  zone: string;
  runs_at?: string | null;
  items: Item[];
}

const LOOK_MS = 500;
const ORDER: Way[] = ["colleague", "without", "move", "choose", "call", "leave"];

interface Props {
  store: ScheduleStore;
  /** One that was applied already, here or by a colleague. */
  known?: Absence | undefined;
  onClose: () => void;
}

export default function AbsenceDialog({ store, known, onClose }: Props) {
  const w = ABSENCE[locale.value];
  const [absence, setAbsence] = useState<Absence | null>(known ?? null);
  const [faults, setFaults] = useState<Fault[]>([]);
  const busy = useRef(false);
  useLooking(store, absence, setAbsence);

  const run = async (ask: () => Promise<Absence>): Promise<void> => {
    if (busy.current) return;
    busy.current = true;
    setFaults([]);
    try {
      setAbsence(await ask());
    } catch (error) {
      const found = faultsAt(error, "absence-");
      setFaults(found.length > 0 ? found : [{ field: "", text: explain(error) }]);
    } finally {
      busy.current = false;
    }
  };
  const post = (path: string, body: unknown): Promise<void> => run(() => store.session.api.post<Absence>(path, body));
  const close = (): void => {
    // A draft that nobody applied is nobody's.
    if (absence?.status === "draft") store.session.api.post(`/v1/absences/${absence.id}/drop`, { version: absence.version }).catch((error: unknown) => (store.problem.value = explain(error)));
    onClose();
  };
  return (
    <Dialog title={absence ? w.of(absence.provider.name, shortDate(`${absence.day}T12:00:00Z`, "UTC")) : w.title} onClose={close}>
      <ErrorSummary faults={faults} />
      {absence ? (
        <Draft
          store={store}
          absence={absence}
          onWay={(item, way) => void run(() => store.session.api.put<Absence>(`/v1/absences/${absence.id}/items/${item.id}`, { version: absence.version, way }))}
          onAct={(act) => void post(`/v1/absences/${absence.id}/${act}`, { version: absence.version })}
          onAgain={() => setAbsence(null)}
          onClose={close}
        />
      ) : (
        <Who store={store} faults={faults} onDraft={(body) => void post("/v1/absences", body)} onClose={close} />
      )}
    </Dialog>
  );
}

/** While it waits for its moment or is carried out, it is looked at again and again. */
function useLooking(store: ScheduleStore, absence: Absence | null, set: (fresh: Absence) => void): void {
  const moving = absence?.status === "on-hold" || absence?.status === "active";
  useEffect(() => {
    if (!moving || !absence) return undefined;
    const timer = setInterval(() => {
      store.session.api.get<Absence>(`/v1/absences/${absence.id}`).then(set, (error: unknown) => (store.problem.value = explain(error)));
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [moving, absence?.id]);
}

interface WhoProps {
  store: ScheduleStore;
  faults: Fault[];
  onDraft: (body: Record<string, string>) => void;
  onClose: () => void;
}

function Who({ store, faults, onDraft, onClose }: WhoProps) {
  const w = ABSENCE[locale.value];
  const [day, setDay] = useState(store.today);
  const [begins, setBegins] = useState("");
  const [ends, setEnds] = useState("");
  const visits = (provider: Provider): number =>
    Object.values(store.rows).filter((row) => row.provider.id === provider.id && ["booked", "arrived"].includes(row.status) && wallOf(Date.parse(row.start), store.zone).date === day).length;
  const shown = store.dates.includes(day);
  return (
    <div class="absence">
      <p>{w.lead}</p>
      <div class="absence-when">
        <TextField id="absence-day" label={w.day} type="date" value={day} onValue={setDay} faults={faults} />
        <TextField id="absence-begins" label={w.begins} optional type="time" value={begins} onValue={setBegins} faults={faults} />
        <TextField id="absence-ends" label={w.ends} optional type="time" value={ends} onValue={setEnds} faults={faults} />
      </div>
      <fieldset class="absence-who">
        <legend>{w.who}</legend>
        {store.lists.providers.map((one) => (
          <button
            key={one.id}
            type="button"
            class="slot"
            onClick={() => onDraft({ provider_id: one.id, ...(day ? { day } : {}), ...(begins ? { begins } : {}), ...(ends ? { ends } : {}) })}
          >
            <strong>{one.name}</strong>
            {shown && <span class="quiet">{w.visits(visits(one))}</span>}
          </button>
        ))}
      </fieldset>
      <p class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {words.value.common.cancel} <kbd aria-hidden="true">Esc</kbd>
        </button>
      </p>
    </div>
  );
}

interface DraftProps {
  store: ScheduleStore;
  absence: Absence;
  onWay: (item: Item, way: Way) => void;
  onAct: (act: "apply" | "undo") => void;
  onAgain: () => void;
  onClose: () => void;
}

function Draft({ store, absence, onWay, onAct, onAgain, onClose }: DraftProps) {
  const w = ABSENCE[locale.value];
  const { status, items } = absence;
  const main = useRef<HTMLButtonElement>(null);
  // The button that was pressed is gone: the next one takes the focus.
  useEffect(() => main.current?.focus(), [status]);
  const done = items.filter((item) => item.outcome).length;
  const left = absence.runs_at ? Math.max(0, Math.ceil((Date.parse(absence.runs_at) - now.value) / 1000)) : 0;
  return (
    <div class="absence">
      {items.length === 0 && <p>{w.none}</p>}
      {ORDER.map((way) => {
        const mine = items.filter((item) => item.way === way);
        return mine.length === 0 ? null : (
          <section key={way} aria-labelledby={`absence-${way}`}>
            <h3 id={`absence-${way}`}>
              {w.ways[way]} <span class="quiet">{count(mine.length)}</span>
            </h3>
            <ul>
              {mine.map((item) => (
                <Line key={item.id} store={store} item={item} draft={status === "draft"} onWay={(next) => onWay(item, next)} />
              ))}
            </ul>
          </section>
        );
      })}
      <p role="status" class="absence-state">
        {status === "draft" && items.length > 0 && w.hint}
        {status === "on-hold" && w.held(count(left))}
        {status === "active" && w.active(done, items.length)}
        {status === "completed" && w.completed}
      </p>
      <p class="dialog-actions">
        {status === "draft" && (
          <button type="button" class="button button-main" ref={main} onClick={() => onAct("apply")}>
            {w.apply(items.filter((item) => item.way !== "leave").length)}
          </button>
        )}
        {status === "on-hold" && (
          <button type="button" class="button button-main" ref={main} onClick={() => onAct("undo")}>
            {w.undo}
          </button>
        )}
        {status === "draft" && (
          <button type="button" class="button" onClick={onAgain}>
            {w.again}
          </button>
        )}
        <button type="button" class="button" {...(status === "completed" || status === "active" ? { ref: main } : {})} onClick={onClose}>
          {w.close}
        </button>
      </p>
    </div>
  );
}

interface LineProps {
  store: ScheduleStore;
  item: Item;
  draft: boolean;
  onWay: (way: Way) => void;
}

function Line({ store, item, draft, onWay }: LineProps) {
  const w = ABSENCE[locale.value];
  const at = (start: string): string => {
    const day = shortDate(start, store.zone);
    return `${day === shortDate(item.start, store.zone) ? "" : `${day}, `}${clock(tag.value, start, store.zone)}`;
  };
  return (
    <li class="absence-line" data-outcome={item.outcome ?? undefined}>
      <span class="absence-from">
        <strong>
          {clock(tag.value, item.start, store.zone)} <bdi>{item.person.name}</bdi>
        </strong>
        <span class="quiet">{[words.value.common.born(birthDate(item.person.birth_date)), item.visit_type].join(" · ")}</span>
        {item.waiting && <span class="badge badge-amber">{w.waiting}</span>}
      </span>
      <span class="absence-to">
        {item.to && (
          <strong>
            {w.to(`${at(item.to.start)} ${zoneName(tag.value, store.zone, item.to.start)}`, item.to.provider.name)}
          </strong>
        )}
        <span class="quiet">{w.why[item.why] ?? item.why}</span>
        {item.way !== "leave" && item.way !== "without" && !item.outcome && <span class={item.reach ? "quiet" : "word-warn"}>{item.reach ? w.reach[item.reach] : w.unreached}</span>}
        {item.outcome && <span class={item.outcome === "changed" ? "word-warn" : "word-good"}>{w.outcomes[item.outcome]}</span>}
      </span>
      {draft && (
        <select aria-label={w.way(item.person.name)} value={item.way} onChange={(event) => onWay(event.currentTarget.value as Way)}>
          {item.ways.map((way) => (
            <option key={way} value={way}>
              {w.ways[way]}
            </option>
          ))}
        </select>
      )}
    </li>
  );
}
