/** Messages as they will be sent, or were: channel, step, when, parts, and the exact words. */
import { tag } from "../lib/i18n";
import { clock, dayKey } from "../lib/time";
import { deliveryWord } from "./card";
import { now } from "./clock";
import { Mail, Message } from "./icons";
import type { LedgerLine, PlannedMessage } from "./types";
import { shortDate, words } from "./words";

/** `14:30`, or `Tue 24 Nov 14:30`, in the clinic's zone; `now` for what is still to be sent and already due. */
export function whenWord(instant: string, zone: string, at: number, past = false): string {
  if (!past && Date.parse(instant) <= at + 60_000) return words.value.book.now;
  const time = clock(tag.value, instant, zone);
  const today = dayKey(instant, zone) === dayKey(new Date(at), zone);
  return today ? time : `${shortDate(instant, zone)} ${time}`;
}

export function stepWord(step: string): string {
  const steps: Record<string, string> = words.value.steps;
  // Steps are named by the reminder cadence: `confirmation`, `reminder-48h`, `link-15m` …
  return steps[step.split(/[-_:.]/)[0] ?? ""] ?? words.value.steps.other;
}

function toneOf(state: string): string {
  if (state === "delivered") return "good";
  return state === "failed" ? "bad" : state === "retrying" ? "warn" : "quiet";
}

const GONE = new Set(["sent", "delivered", "failed"]);

/** When it left, once it has; before that, when it is due. */
function whenOf(message: PlannedMessage, line: LedgerLine | undefined, zone: string): string {
  if (line?.at && GONE.has(line.state)) return whenWord(line.at, zone, now.value, true);
  return whenWord(line?.due ?? message.due, zone, now.value);
}

interface Props {
  messages: PlannedMessage[];
  zone: string;
  /** States by now; without them the messages are still to be sent. */
  ledger?: LedgerLine[];
}

export function Planned({ messages, zone, ledger }: Props) {
  const w = words.value.book;
  return (
    <ol class="planned">
      {messages.map((message) => {
        const line = ledger?.find((one) => one.step === message.step && one.channel === message.channel);
        return (
          <li key={`${message.channel} ${message.step} ${message.due}`} class="planned-one">
            <p class="planned-head">
              {message.channel === "sms" ? <Message /> : <Mail />}
              <strong>
                {message.channel === "sms" ? w.sms : w.email}, {stepWord(message.step)}
              </strong>
              <span class="quiet">{whenOf(message, line, zone)}</span>
              {message.segments ? <span class="quiet">{w.parts(message.segments)}</span> : null}
              {line && <span class={`word-${toneOf(line.state)} planned-state`}>{deliveryWord(line.state)}</span>}
            </p>
            {!ledger && message.channel === "sms" && <p class="planned-text">{message.body}</p>}
            {!ledger && message.channel !== "sms" && (
              // It scrolls, so the keyboard must be able to reach it.
              <div class="planned-text planned-mail" role="group" aria-label={w.email} tabIndex={0}>
                {message.body}
              </div>
            )}
          </li>
        );
      })}
    </ol>
  );
}
