/** How the line is, why, and what can be done: the same words at both ends. */
import { useState } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { useCallWords } from "./call-words";
import type { Climbing } from "./climbing";
import { lineWords } from "./line-words";
import type { Cause } from "./why";

interface Props {
  climbing: Climbing;
  /** The other side, as people call them. */
  name: string;
  signs: boolean;
  staff: boolean;
  /** Where people write. */
  onText: () => void;
}

export function LineNotice({ climbing, name, signs, staff, onText }: Props) {
  const say = useCallWords(name);
  const { rung, reason } = climbing.ladder.value;
  const cause = climbing.cause.value;
  const { own, theirs } = lineWords({ rung, reason, cause, signs, staff, theirs: climbing.theirs.value });
  const ours = own.map((key) => say(key)).join(" ");
  // What matters most comes first: on a phone the rest may have to be scrolled to.
  const sentences = (rung === "text" ? [ours, theirs && say(theirs)] : [theirs && say(theirs), ours]).filter(Boolean);
  if (sentences.length === 0) return null;
  return (
    <div class="line-notice" data-rung={rung} data-reason={reason}>
      {sentences.map((words) => (
        <p key={words}>{words}</p>
      ))}
      <div class="line-acts">
        {!signs && own.length > 0 && (rung === "small" || rung === "video") && reason !== "good" && (
          <button type="button" onClick={() => climbing.choose("voice")}>
            {say("to_voice")}
          </button>
        )}
        {(rung === "voice" || rung === "small") && (reason === "chosen" || reason === "back") && (
          <button type="button" onClick={() => climbing.again()}>
            {say("to_video")}
          </button>
        )}
        {!signs && rung === "voice" && (
          <button type="button" onClick={() => climbing.choose("phone")}>
            {say("to_phone")}
          </button>
        )}
        {rung === "phone" && (
          <button type="button" class={climbing.returns.value ? "line-main" : ""} onClick={() => climbing.back()}>
            {say("back")}
          </button>
        )}
        {rung === "text" && (
          <button type="button" onClick={() => (climbing.again(), onText())}>
            {say("to_video")}
          </button>
        )}
      </div>
    </div>
  );
}

interface Kept {
  seat: "patient" | "provider";
  at: string;
  rung: "video" | "small" | "voice" | "phone" | "text" | "hold" | "resume";
  cause?: Cause | null;
}

/** What each end has kept about the line, asked for when somebody wants to see it. */
export function LineLog({ load, name, zone }: { load: () => Promise<{ lines: Kept[] }>; name: string; zone: string }) {
  const say = useCallWords(name);
  const [kept, setKept] = useState<Kept[]>([]);
  const look = (event: Event): void => {
    if ((event.currentTarget as HTMLDetailsElement).open) load().then(({ lines }) => setKept(lines), () => setKept([]));
  };
  return (
    <details onToggle={look}>
      <summary>{say("log_title")}</summary>
      <ul>
        {kept.map((one) => (
          <li key={one.at + one.seat + one.rung}>
            {clock(tag.value, one.at, zone)} {say(`log_${one.seat}`)}: {say(`log_${one.rung}`)}
            {one.cause ? `. ${say(`why_${one.cause.replaceAll("-", "_")}` as "why_no_way")}` : ""}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Four bars and a word, for who has none of their own. */
export function Meter({ quality, name }: { quality: "good" | "weak" | "silent" | "unknown"; name: string }) {
  const say = useCallWords(name);
  if (quality === "unknown") return null;
  const bars = { good: 4, weak: 2, silent: 1 }[quality];
  return (
    <span class={`meter meter-${quality}`}>
      <span aria-hidden="true">{"▮".repeat(bars) + "▯".repeat(4 - bars)}</span> {say(`quality_${quality}`)}
    </span>
  );
}
