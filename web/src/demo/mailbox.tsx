/** The clinic's outgoing mail as a mailbox: list and reading pane. The text part is shown, never the HTML. */
import { useEffect, useRef } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock, dayKey, viewerZone, zoneName } from "../lib/time";
import { now } from "../staff/clock";
import { Mail } from "../staff/icons";
import { shortDate, words } from "../staff/words";
import { Linked } from "./phone";
import type { DemoStore } from "./store";
import { calendarEntry, type CalendarEntry } from "./thread";
import type { DemoMail } from "./types";

function timeWord(at: string, zone: string): string {
  return dayKey(at, zone) === dayKey(new Date(now.value), zone) ? clock(tag.value, at, zone) : shortDate(at, zone);
}

/** The first line of the text that says something. */
export function firstLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.find((line) => line.length > 20) ?? lines.find(Boolean) ?? "";
}

export function Mailbox({ store }: { store: DemoStore }) {
  const w = words.value.demo;
  const zone = store.state.value?.zone ?? viewerZone();
  const mail = [...(store.state.value?.mail ?? [])].sort((a, b) => b.at.localeCompare(a.at));
  const shown = mail.find((one) => one.id === store.mail.value) ?? mail[0] ?? null;
  return (
    <section class="panel-box mailbox" aria-labelledby="mail-title">
      <header class="panel-head">
        <Mail />
        <h2 id="mail-title">{w.mailbox}</h2>
        <span class="quiet">{mail.length > 0 && w.count(mail.length)}</span>
      </header>
      {mail.length === 0 ? (
        <p class="empty">{w.noMail}</p>
      ) : (
        <div class="mail-panes">
          <ul class="mail-list">
            {mail.map((one) => (
              <li key={one.id}>
                <button type="button" class="mail-row" aria-pressed={one.id === shown?.id} onClick={() => (store.mail.value = one.id)}>
                  <span class="mail-meta">
                    <span>{w.to(one.to)}</span>
                    <span>{timeWord(one.at, zone)}</span>
                  </span>
                  <strong>{one.subject}</strong>
                  <span class="mail-first">{firstLine(one.text)}</span>
                </button>
              </li>
            ))}
          </ul>
          {shown && <Reading key={shown.id} mail={shown} zone={zone} focus={store.mail.value !== null} />}
        </div>
      )}
    </section>
  );
}

function Reading({ mail, zone, focus }: { mail: DemoMail; zone: string; focus: boolean }) {
  const w = words.value.demo;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focus) heading.current?.focus();
  }, []);
  const entry = mail.calendar ? calendarEntry(mail.calendar) : null;
  return (
    <article class="reading" aria-labelledby="reading-title">
      <h3 id="reading-title" tabIndex={-1} ref={heading}>
        {mail.subject}
      </h3>
      <p class="quiet">{w.fromTo(mail.to, timeWord(mail.at, zone))}</p>
      {entry && <EntryCard entry={entry} />}
      <div class="mail-text" dir="auto">
        <Linked text={mail.text} />
      </div>
    </article>
  );
}

function EntryCard({ entry }: { entry: CalendarEntry }) {
  const w = words.value.demo;
  // Wall times of the entry's own zone, formatted as UTC so that nothing moves them.
  const start = new Date(`${entry.start}:00Z`);
  const month = new Intl.DateTimeFormat(tag.value, { timeZone: "UTC", month: "short" }).format(start);
  const date = new Intl.DateTimeFormat(tag.value, { timeZone: "UTC", day: "numeric" }).format(start);
  const weekday = new Intl.DateTimeFormat(tag.value, { timeZone: "UTC", weekday: "long" }).format(start);
  const from = clock(tag.value, start, "UTC");
  const to = entry.end ? ` – ${clock(tag.value, new Date(`${entry.end}:00Z`), "UTC")}` : "";
  const zone = entry.zone === "UTC" ? "UTC" : zoneName(tag.value, entry.zone, start);
  return (
    <div class="event" role="group" aria-label={w.event}>
      <div class="event-leaf" aria-hidden="true">
        <span>{month}</span>
        <strong>{date}</strong>
      </div>
      <div>
        <p>
          <strong>{entry.summary}</strong>
        </p>
        <p>
          {weekday} {from}
          {to} ({zone})
        </p>
        {entry.cancelled ? <p class="word-bad">{w.eventCancelled}</p> : entry.sequence > 0 && <p class="quiet">{w.eventUpdate(entry.sequence)}</p>}
      </div>
    </div>
  );
}
