/** The scheduler's page: the day as a list that changes by itself, and the booking panel beside it. */
import { tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { Booking } from "./booking";
import { deliveryWord } from "./card";
import { DeviceLine } from "./device-line";
import type { ScheduleStore } from "./schedule-store";
import { isDone, isInRoom, isQueued } from "./sections";
import { Clock, ErrorBox, LiveLine, Rail } from "./shell";
import type { Row } from "./types";
import { birthDate, shortDate, words } from "./words";

export function SchedulePage({ store }: { store: ScheduleStore }) {
  const w = words.value;
  const { today, others } = store.days();
  return (
    <div class="desk">
      <Rail session={store.session} page="schedule" onProblem={(sentence) => (store.problem.value = sentence)} />
      <header class="top">
        <div class="top-who">
          <h1>{w.common.schedule}</h1>
          <p>{store.session.me.practice.name}</p>
        </div>
        <Clock zone={store.zone} />
      </header>
      <main class="board schedule" id="main" tabIndex={0}>
        <ErrorBox sentence={store.problem.value} onClose={() => (store.problem.value = null)} />
        <LiveLine live={store.live} zone={store.zone} calm={false} />
        <DeviceLine device={store.device} />
        <DayList store={store} id="today" title={w.day.title} rows={today} empty={w.day.empty} />
        {others.length > 0 && <DayList store={store} id="others" title={w.day.others} rows={others} empty="" dated />}
        <LiveLine live={store.live} zone={store.zone} calm />
      </main>
      <aside class="side side-book">
        <Booking store={store.booking} />
      </aside>
    </div>
  );
}

interface DayProps {
  store: ScheduleStore;
  id: string;
  title: string;
  rows: Row[];
  empty: string;
  dated?: boolean;
}

function DayList({ store, id, title, rows, empty, dated = false }: DayProps) {
  return (
    <section aria-labelledby={`day-${id}`}>
      <div class="list-head">
        <h2 id={`day-${id}`}>{title}</h2>
        {rows.length > 0 && <span class="quiet">{words.value.day.count(rows.length)}</span>}
      </div>
      {rows.length === 0 ? (
        <p class="empty">{empty}</p>
      ) : (
        <ul class="rows rows-day">
          {rows.map((row) => (
            <DayRow key={row.id} row={row} zone={store.zone} dated={dated} fresh={store.booking.booked.value?.id === row.id} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** Where the visit stands, in one word and a tone. */
export function statusOf(row: Row): { text: string; tone: string } {
  const w = words.value.day;
  if (isInRoom(row)) return { text: w.inVisit, tone: "teal" };
  if (row.entry?.state === "away" && !isDone(row)) return { text: w.away, tone: "warn" };
  if (isQueued(row)) return { text: w.waiting, tone: "teal" };
  const known: Record<string, string> = w.status;
  const tone = row.status === "fulfilled" ? "good" : row.status === "noshow" ? "warn" : "quiet";
  return { text: known[row.status] ?? row.status, tone };
}

function confirmedOf(row: Row): { text: string; tone: string } {
  const w = words.value.day;
  switch (row.participation) {
    case "accepted":
      return { text: w.confirmed, tone: "good" };
    case "declined":
      return { text: w.declined, tone: "bad" };
    case "tentative":
      return { text: w.tentative, tone: "warn" };
    default:
      return { text: w.unconfirmed, tone: isDone(row) ? "quiet" : "warn" };
  }
}

function deliveriesOf(row: Row): { text: string; tone: string } {
  const { sms, email } = row.delivery;
  const w = words.value.book;
  const said = [sms && `${w.sms}: ${deliveryWord(sms)}`, email && `${w.email}: ${deliveryWord(email)}`].filter(Boolean);
  return { text: said.join(", "), tone: sms === "failed" || email === "failed" ? "bad" : "quiet" };
}

function DayRow({ row, zone, dated, fresh }: { row: Row; zone: string; dated: boolean; fresh: boolean }) {
  const w = words.value;
  const at = (instant: string): string => clock(tag.value, instant, zone);
  const status = statusOf(row);
  const confirmed = confirmedOf(row);
  const deliveries = deliveriesOf(row);
  return (
    <li class={`row row-day${fresh ? " row-fresh" : ""}${isDone(row) ? " row-over" : ""}`}>
      <span class="row-time">
        <strong>{at(row.start)}</strong>
        <span>{dated ? shortDate(row.start, zone) : at(row.end)}</span>
      </span>
      <span class="row-who">
        <strong>
          <bdi>{row.person.name}</bdi>
        </strong>
        <span>{w.common.born(birthDate(row.person.birth_date))}</span>
      </span>
      <span class="row-why">
        <span class="row-reason">{row.visit_type}</span>
        <span>{w.common.with(row.provider.name)}</span>
      </span>
      <span class="row-stand">
        <span class={`word-${status.tone}`}>{status.text}</span>
        <span class={`word-${confirmed.tone}`}>{confirmed.text}</span>
      </span>
      <span class="row-sent">
        <span>{row.link.opened_at ? w.day.opened(at(row.link.opened_at)) : w.day.notOpened}</span>
        <span class={`word-${deliveries.tone}`}>{deliveries.text}</span>
      </span>
    </li>
  );
}
