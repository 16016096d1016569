/** The day and the week as columns of providers: visits to choose, to drag, and to move with the arrow keys. */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { instantOf, lanesOf, minuteOf, neighbour, nudged, partOf, type Axis, type Column, type Spot } from "./calendar-paper";
import { now } from "./clock";
import { startDrag, type Dragging } from "./drag";
import { scheduleWords } from "./schedule-words";
import type { ScheduleStore } from "./schedule-store";
import type { Slotted } from "./types";
import { wallOf } from "./wall-time";
import { shortDate, words } from "./words";

/** Pixels of one minute. */
const SCALE = 1.4;
/** Where a visit can be dropped. */
const STEP = 5;
/** Minutes from which there is room for a second line. */
const TALL = 24;

/** A visit being moved with the keyboard. */
interface Moving {
  row: Slotted;
  spot: Spot;
}

export function Calendar({ store }: { store: ScheduleStore }) {
  const w = scheduleWords.value.calendar;
  const columns = store.columns.value;
  const axis = store.axis.value;
  const paper = useRef<HTMLDivElement>(null);
  const dragging = useSignal<Dragging | null>(null);
  const moving = useSignal<Moving | null>(null);
  useScrollToNow(paper, store);
  const drop = (row: Slotted, spot: Spot): void => void put(store, row, spot);
  const dates = store.dates.filter((date) => columns.some((column) => column.date === date));

  if (columns.length === 0) return <p class="empty">{w.empty}</p>;
  return (
    <div
      class={`paper view-${store.view.value}`}
      ref={paper}
      role="group"
      aria-label={w.paper}
      onKeyDown={(event) => onKey(event, store, moving, drop)}
    >
      <div class="paper-grid" style={{ gridTemplateColumns: `max-content repeat(${columns.length}, minmax(${store.view.value === "day" ? "7.5rem" : "4.2rem"}, 1fr))` }}>
        <Heads dates={dates} columns={columns} store={store} />
        <Hours axis={axis} />
        {columns.map((column, at) => (
          <ColumnView key={column.key} store={store} column={column} at={at} dragging={dragging} moving={moving} onDrop={drop} />
        ))}
      </div>
      <p class="sr-only" role="status">
        {moving.value && spotWords(store, moving.value)}
      </p>
    </div>
  );
}

async function put(store: ScheduleStore, row: Slotted, spot: Spot): Promise<void> {
  const column = store.columns.peek()[spot.column];
  const start = column && instantOf(column.date, spot.minute, store.zone);
  if (!column) return;
  if (!start) store.changes.problem.value = scheduleWords.value.times.skipped;
  else await store.changes.move(row, { start, provider_id: column.provider.id });
}

function spotWords(store: ScheduleStore, { spot }: Moving): string {
  const column = store.columns.value[spot.column];
  const start = column && instantOf(column.date, spot.minute, store.zone);
  if (!column || !start) return scheduleWords.value.times.skipped;
  const when = `${shortDate(start, store.zone)}, ${clock(tag.value, start, store.zone)}`;
  return scheduleWords.value.calendar.moveTo(when, column.provider.name);
}

/** The arrows choose a visit; M takes it up, the arrows carry it, Enter puts it down, Escape leaves it where it was. */
function onKey(event: KeyboardEvent, store: ScheduleStore, moving: Signal<Moving | null>, drop: (row: Slotted, spot: Spot) => void): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const focused = (event.target as HTMLElement).dataset["row"];
  if (!focused) return;
  const held = moving.peek();
  const columns = store.columns.peek();
  if (held) {
    if (event.key === "Escape") moving.value = null;
    else if (event.key === "Enter") {
      moving.value = null;
      drop(held.row, held.spot);
    } else if (event.key.startsWith("Arrow")) {
      const key = document.documentElement.dir === "rtl" ? mirrored(event.key) : event.key;
      const length = (Date.parse(held.row.end) - Date.parse(held.row.start)) / 60_000;
      const step = event.shiftKey ? 60 : STEP;
      moving.value = { ...held, spot: nudged(held.spot, key, columns.length, store.axis.peek(), step, length) };
    } else return;
  } else if (event.key.startsWith("Arrow")) {
    const key = document.documentElement.dir === "rtl" ? mirrored(event.key) : event.key;
    const next = neighbour(columns, focused, key);
    if (next) document.getElementById(`visit-${next.id}`)?.focus();
  } else if (event.key.toLowerCase() === "m") {
    const at = columns.findIndex((column) => column.rows.some((row) => row.id === focused && row.provider.id === column.provider.id));
    const row = store.rows[focused];
    if (!row || row.status !== "booked" || at < 0) return;
    moving.value = { row, spot: { column: at, minute: minuteOf(wallOf(Date.parse(row.start), store.zone).time) } };
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

const mirrored = (key: string): string => ({ ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" })[key] ?? key;

function Heads({ dates, columns, store }: { dates: string[]; columns: Column[]; store: ScheduleStore }) {
  const w = scheduleWords.value.calendar;
  return (
    <>
      <div class="paper-corner" />
      {dates.map((date) => {
        const mine = columns.filter((column) => column.date === date);
        const visits = mine.reduce((sum, column) => sum + column.rows.length, 0);
        const today = date === store.today;
        return (
          <div key={date} class={today ? "paper-day paper-today" : "paper-day"} style={{ gridColumn: `span ${mine.length}` }}>
            <h2>
              <button type="button" class="link-button" onClick={() => void store.show("day", date)}>
                {dayWords(date)}
              </button>
            </h2>
            <span class="quiet">{today ? w.todayCount(visits) : words.value.day.count(visits)}</span>
          </div>
        );
      })}
      <div class="paper-corner paper-second" />
      {columns.map((column, at) => (
        <div key={column.key} class={columns[at - 1]?.date === column.date ? "paper-who" : "paper-who paper-first"} title={column.provider.name}>
          {store.view.value === "day" ? column.provider.name : lastName(column.provider.name)}
        </div>
      ))}
    </>
  );
}

/** `Tue 24`; the month stands above. */
function dayWords(date: string): string {
  return new Intl.DateTimeFormat(tag.value, { timeZone: "UTC", weekday: "short", day: "numeric" }).format(new Date(`${date}T00:00:00Z`));
}

export function lastName(name: string): string {
  return name.trim().split(/\s+/).at(-1) ?? name;
}

function Hours({ axis }: { axis: Axis }) {
  const hours = Array.from({ length: (axis.to - axis.from) / 60 + 1 }, (_, n) => axis.from + n * 60);
  return (
    <div class="paper-hours" aria-hidden="true" style={{ height: `${(axis.to - axis.from) * SCALE}px` }}>
      {hours.map((minute) => (
        <span key={minute} style={{ top: `${(minute - axis.from) * SCALE}px` }}>
          {clock(tag.value, new Date(minute * 60_000), "UTC")}
        </span>
      ))}
    </div>
  );
}

interface ColumnProps {
  store: ScheduleStore;
  column: Column;
  at: number;
  dragging: Signal<Dragging | null>;
  moving: Signal<Moving | null>;
  onDrop: (row: Slotted, spot: Spot) => void;
}

function ColumnView({ store, column, at, dragging, moving, onDrop }: ColumnProps) {
  const axis = store.axis.value;
  const firstOfDay = store.columns.value[at - 1]?.date !== column.date;
  const place = (from: number, to: number) => ({ top: `${(from - axis.from) * SCALE}px`, height: `${(to - from) * SCALE}px` });
  const nowAt = wallOf(now.value, store.zone);
  const minute = minuteOf(nowAt.time);
  const over = dragging.value?.over;
  const carried = moving.value;
  const ghost = over?.column === at ? { row: dragging.value?.row, minute: over.minute } : carried?.spot.column === at ? { row: carried.row, minute: carried.spot.minute } : null;
  const length = ghost?.row ? (Date.parse(ghost.row.end) - Date.parse(ghost.row.start)) / 60_000 : 0;
  const lanes = lanesOf(column.rows);
  const wish = store.booking.when.value;
  const held = wish.kind === "slot" && wish.slot.provider_id === column.provider.id ? partOf(column.date, store.zone, wish.slot.start, wish.slot.end) : null;
  return (
    <div class={firstOfDay ? "paper-column paper-first" : "paper-column"} data-column={at} style={{ height: `${(axis.to - axis.from) * SCALE}px` }}>
      {column.open.map(([from, to]) => (
        <div key={from} class="paper-open" style={place(from, to)} />
      ))}
      {column.rows.map((row) => {
        const { lane, of } = lanes.get(row.id) ?? { lane: 0, of: 1 };
        const beside = of === 1 ? {} : { insetInlineStart: `${(lane / of) * 100}%`, insetInlineEnd: `${100 - ((lane + 1) / of) * 100}%` };
        const [from, to] = partOf(column.date, store.zone, row.start, row.end) ?? [axis.from, axis.from + 5];
        const style = { ...place(from, to), ...beside };
        return <VisitBlock key={row.id} store={store} row={row} column={column} style={style} tall={to - from >= TALL} dragging={dragging} onDrop={onDrop} />;
      })}
      {held && (
        <div class="visit visit-held" style={place(...held)}>
          {store.booking.person.value && lastName(store.booking.person.value.name)}
        </div>
      )}
      {ghost?.row && (
        <div class="visit visit-ghost" style={place(ghost.minute, ghost.minute + length)}>
          {clock(tag.value, new Date(ghost.minute * 60_000), "UTC")}
        </div>
      )}
      {nowAt.date === column.date && minute >= axis.from && minute < axis.to && (
        <div class="paper-now" style={{ top: `${(minute - axis.from) * SCALE}px` }} />
      )}
    </div>
  );
}

/** A visit's colour is its kind's; phone visits have their own. */
export function toneOf(store: ScheduleStore, row: Slotted): string {
  if (row.visit_type.modality === "phone") return "phone";
  const at = store.lists.types.findIndex((type) => type.id === row.visit_type.id);
  return ["teal", "blue", "green", "amber"][(at < 0 ? 0 : at) % 4] ?? "teal";
}

interface BlockProps {
  store: ScheduleStore;
  row: Slotted;
  column: Column;
  style: Record<string, string>;
  tall: boolean;
  dragging: Signal<Dragging | null>;
  onDrop: (row: Slotted, spot: Spot) => void;
}

function VisitBlock({ store, row, column, style, tall, dragging, onDrop }: BlockProps) {
  const w = scheduleWords.value.calendar;
  // In the column of somebody who is beside, a visit is shown and chosen; it is moved where it belongs.
  const beside = column.provider.id !== row.provider.id;
  const time = `${clock(tag.value, row.start, store.zone)}–${clock(tag.value, row.end, store.zone)}`;
  const selected = store.changes.selected.value === row.id;
  const pressing = row.attention.some((kind) => kind !== "unconfirmed");
  const classes = ["visit", `visit-${toneOf(store, row)}`];
  if (beside) classes.push("visit-beside");
  if (row.status === "fulfilled") classes.push("visit-over");
  if (store.changes.wayOf(row)) classes.push("visit-going");
  if (dragging.value?.row.id === row.id) classes.push("visit-lifted");
  const attention = pressing ? `, ${w.needsHuman}` : "";
  const block = useRef<HTMLButtonElement>(null);
  // A visit that goes to another column is a new element there: whoever stood on it goes along.
  useLayoutEffect(() => {
    if (!beside && store.focused.peek() === row.id && document.activeElement === document.body) block.current?.focus({ preventScroll: true });
  }, []);
  return (
    <button
      ref={block}
      type="button"
      {...(beside ? {} : { id: `visit-${row.id}`, "data-row": row.id })}
      class={classes.join(" ")}
      style={style}
      aria-pressed={selected}
      aria-label={`${row.person.name}, ${row.visit_type.name}, ${time}, ${words.value.common.with(row.provider.name)}${attention}`}
      tabIndex={!beside && isStop(store, row) ? 0 : -1}
      onFocus={() => (store.focused.value = row.id)}
      onClick={() => store.changes.select(selected ? null : row.id)}
      onPointerDown={(event) =>
        !beside &&
        startDrag(event, row, {
          columns: () => [...document.querySelectorAll<HTMLElement>("[data-column]")],
          scale: () => ({ pixels: SCALE, from: store.axis.peek().from, step: STEP }),
          onMove: (next) => (dragging.value = next),
          onDrop,
        })
      }
    >
      <span class="visit-name">
        {pressing && <i class="visit-flag" />}
        <bdi>{store.view.value === "day" ? row.person.name : lastName(row.person.name)}</bdi>
      </span>{" "}
      {tall && <span class="visit-kind">{row.visit_type.name}</span>}
    </button>
  );
}

/** One stop for Tab in the whole paper: the visit that had the focus last, else the first. */
function isStop(store: ScheduleStore, row: Slotted): boolean {
  const shown = store.columns.value.flatMap((column) => column.rows);
  const stop = shown.find((one) => one.id === store.focused.value) ?? shown[0];
  return stop?.id === row.id;
}

/** A paper of 24 hours opens where the day is. */
function useScrollToNow(paper: { current: HTMLDivElement | null }, store: ScheduleStore): void {
  useEffect(() => {
    const box = paper.current;
    if (!box) return;
    const axis = store.axis.peek();
    const minute = minuteOf(wallOf(now.peek(), store.zone).time) - 60;
    if (minute > axis.from && minute < axis.to) box.scrollTop = (minute - axis.from) * SCALE;
  }, [store.view.value, store.date.value]);
}
