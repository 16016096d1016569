/** How the line is, why, and what can be done: the same words at both ends. */
import { useState } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { useCallWords } from "./call-words";
import type { Climbing } from "./climbing";
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
  if (rung === "video" && cause === null && reason !== "good") return null;
  const words = {
    video: reason === "good" ? say("rung_good") : "",
    small: say(signs ? "rung_small_signs" : "rung_small"),
    voice: say(reason === "chosen" ? "rung_chosen" : "rung_voice"),
    phone: `${say(staff ? "rung_phone_staff" : "rung_phone")} ${say("phone_open")}`,
    text: say("rung_text"),
  };
  const key = cause === null ? null : (`why_${cause.replaceAll("-", "_")}` as "why_no_way");
  return (
    <div class="line-notice" data-rung={rung} data-reason={reason}>
      <p>
        {words[rung]} {key && say(key)}
      </p>
      <div class="line-acts">
        {!signs && (rung === "small" || rung === "video") && reason !== "good" && (
          <button type="button" onClick={() => climbing.choose("voice")}>
            {say("to_voice")}
          </button>
        )}
        {(rung === "voice" || rung === "small") && reason === "chosen" && (
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
