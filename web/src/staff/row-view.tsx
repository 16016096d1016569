/** One line of the board. The whole line is one button, so it is one stop for the keyboard. */
import { tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { now } from "./clock";
import { interpreterWord, Ready } from "./ready";
import { acuityOf, isInRoom, isUnseen, isUrgent, minutesBetween, TARGET_MIN, waitTone } from "./sections";
import type { Row } from "./types";
import { birthDate, count, duration, lineWords, words } from "./words";

export type Section = "room" | "waiting" | "coming" | "done";

interface Props {
  row: Row;
  section: Section;
  selected: boolean;
  zone: string;
  onSelect: () => void;
}

/** The two lines at the end of a row: a number and the word for how it stands. */
function figures(row: Row, section: Section, zone: string): { big: string; small: string; tone: string } {
  const w = words.value.board;
  const at = (instant: string): string => clock(tag.value, instant, zone);
  if (section === "room") {
    const since = row.visit.started_at ?? row.start;
    return { big: duration(minutesBetween(since, now.value)), small: w.ends(at(row.end)), tone: "quiet" };
  }
  if (section === "waiting") {
    const tone = waitTone(row, now.value);
    const say = { early: w.wait.early(at(row.start)), "in-time": w.wait["in-time"], near: w.wait.near(TARGET_MIN), late: w.wait.late(TARGET_MIN) };
    return { big: duration(minutesBetween(row.entry?.since ?? row.start, now.value)), small: say[tone], tone };
  }
  if (section === "done") return { big: at(row.start), ...finished(row) };
  return { big: at(row.start), ...expected(row) };
}

function finished(row: Row): { small: string; tone: string } {
  const w = words.value.board.finished;
  if (row.status === "cancelled") return { small: w.cancelled, tone: "quiet" };
  if (row.status === "noshow") return { small: w.noshow, tone: "near" };
  return { small: row.status === "fulfilled" || row.visit.status === "completed" ? w.fulfilled : w.other, tone: "quiet" };
}

function expected(row: Row): { small: string; tone: string } {
  const w = words.value.board;
  const past = minutesBetween(row.start, now.value);
  if (past > 0) return { small: w.notHere(past), tone: "late" };
  if (row.participation === "declined") return { small: w.declined, tone: "late" };
  if (row.delivery.sms === "failed") return { small: row.delivery.email === "delivered" ? w.byEmail : w.notDelivered, tone: "near" };
  if (row.participation === "accepted") return { small: w.confirmed, tone: "in-time" };
  return { small: w.notConfirmed, tone: "near" };
}

/** The quiet second line under the reason: what is worth knowing beyond it. */
function under(row: Row, section: Section, zone: string): string {
  const w = words.value;
  if (section === "room" || section === "done") return w.common.with(row.provider.name);
  if (section === "waiting") return row.visit_type;
  const opened = row.link.opened_at;
  return opened ? w.board.opened(clock(tag.value, opened, zone)) : row.visit_type;
}

function Badge({ row }: { row: Row }) {
  const w = words.value.board;
  if (isUrgent(row)) return <span class="badge badge-coral">{lineWords.value.acuity(acuityOf(row))}</span>;
  if (row.entry?.state === "away") return <span class="badge">{w.away}</span>;
  if (row.entry?.state === "called") return <span class="badge badge-teal">{w.called}</span>;
  if (row.entry?.state === "checking_in") return <span class="badge badge-blue">{w.checkingIn}</span>;
  return null;
}

export function RowView({ row, section, selected, zone, onSelect }: Props) {
  const w = words.value;
  const { big, small, tone } = figures(row, section, zone);
  const interpreter = interpreterWord(row);
  const place = row.entry?.position;
  return (
    <li>
      <button type="button" class="row" data-row={row.id} aria-pressed={selected} onClick={onSelect}>
        <span class="row-place">
          {isInRoom(row) ? <span class="dot" /> : section === "waiting" && place ? <span aria-label={w.board.place(place)} role="img">{count(place)}</span> : null}
        </span>
        <span class="row-who">
          <strong>
            <bdi>{row.person.name}</bdi>
          </strong>
          <span>{w.common.born(birthDate(row.person.birth_date))}</span>
        </span>
        <span class="row-why">
          <span class="row-reason">
            {section === "waiting" && <Badge row={row} />}
            {section === "waiting" && isUnseen(row) && <span class="badge badge-blue">{lineWords.value.filters.unseen}</span>}
            {row.reason || row.visit_type}
          </span>
          <span>{under(row, section, zone)}</span>
        </span>
        <span class="row-tongue">
          <span>{w.common.language(row.person.language)}</span>
          {interpreter && <span>{interpreter === w.common.language(row.person.language) ? w.board.wantsInterpreter : `${w.needs.interpreter}: ${interpreter}`}</span>}
        </span>
        <Ready row={row} />
        <span class={`row-figure figure-${tone}`}>
          <strong>{big}</strong>
          <span>{small}</span>
        </span>
      </button>
    </li>
  );
}
