/** The lines of the ledger: each message from planned to delivered to answered, in words. */
import { tag } from "../lib/i18n";
import { clock, dayKey } from "../lib/time";
import { now } from "./clock";
import type { Line } from "./delivery-store";
import { deliveryWords, stepName, whyWord } from "./delivery-words";
import { shortDate } from "./words";

const TONE: Record<string, string> = { delivered: "good", failed: "bad", retrying: "warn" };

/** `14:30` today, else `Tue 24 Nov 14:30`, in the clinic's zone. */
export function timeWord(instant: string, zone: string): string {
  const time = clock(tag.value, instant, zone);
  return dayKey(instant, zone) === dayKey(new Date(now.value), zone) ? time : `${shortDate(instant, zone)} ${time}`;
}

export function StateWord({ line }: { line: Line }) {
  const silent = line.state === "sent" && line.why === "no-receipt";
  return <span class={`word-${silent ? "warn" : (TONE[line.state] ?? "quiet")}`}>{deliveryWords.value.states[line.state] ?? line.state}</span>;
}

/** The stations it passed, and why it did not come further. */
export function Way({ line, zone }: { line: Line; zone: string }) {
  const w = deliveryWords.value;
  const at = (instant: string): string => timeWord(instant, zone);
  const stations = [
    line.sent ? w.sent(at(line.sent)) : w.due(at(line.due)),
    line.delivered ? w.arrived(at(line.delivered)) : "",
    line.answered ? w.answered(w.answers[line.answer ?? ""] ?? line.answer ?? "", at(line.answered)) : "",
    line.attempts > 1 ? w.attempts(line.attempts) : "",
    line.channel === "sms" && line.segments > 0 ? w.parts(line.segments) : "",
    line.why ? whyWord(line.why) : "",
  ];
  return <span class="quiet">{stations.filter(Boolean).join(" · ")}</span>;
}

export function Lines({ lines, zone }: { lines: readonly Line[]; zone: string }) {
  const w = deliveryWords.value;
  return (
    <ol class="ledger">
      {lines.map((line) => (
        <li key={line.id}>
          <strong>{stepName(line.step)}</strong>
          <span>
            {w.channels[line.channel] ?? line.channel} {line.to && <bdi>{line.to}</bdi>}
          </span>
          <StateWord line={line} />
          <Way line={line} zone={zone} />
        </li>
      ))}
    </ol>
  );
}
