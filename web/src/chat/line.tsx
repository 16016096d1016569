/** One message: its text, who and when, and how far it got. */
import type { Line } from "../crypto/reading";
import type { Speech } from "./pane";

interface Props {
  line: Line;
  time: string;
  /** Something is on its way just now. */
  sending: boolean;
  retry(): void;
  speech: Speech;
}

export function MessageLine({ line, time, sending, retry, speech }: Props) {
  const { words } = speech;
  const text = textOf(line, speech);
  const waiting = line.seq === 0;
  return (
    <div class={`chat-message ${line.mine ? "chat-mine" : "chat-theirs"}`}>
      {line.fault === "order" && <p class="chat-change">{words.order}</p>}
      <p class={text.plain ? "chat-bubble" : "chat-bubble chat-faint"} dir="auto">
        {text.text}
      </p>
      <p class="chat-meta">
        <span>{author(line, speech)}</span> {time && <time>{time}</time>}{" "}
        {speech.staff && !line.staff && !line.mine && !line.verified && !line.fault && <span>{words.unconfirmed_author}</span>}
        {line.mine && !waiting && <span>{words.sent}</span>}
        {waiting && sending && <span>{words.sending}</span>}
        {waiting && !sending && (
          <span class="chat-unsent">
            {words.not_sent}{" "}
            <button type="button" class="chat-quiet" onClick={retry}>
              {words.retry}
            </button>
          </span>
        )}
      </p>
    </div>
  );
}

function author(line: Line, { words, staff }: Speech): string {
  if (line.mine) return words.you;
  if (line.staff) return words.clinic;
  return staff ? words.patient : words.you;
}

/** A message that cannot be trusted shows that it was there, never what it claims to say. */
function textOf({ body, fault }: Line, { words, staff }: Speech): { text: string; plain: boolean } {
  if (fault === "no-key") return { text: staff ? words.no_key_staff : words.no_key, plain: false };
  if (body === null || (fault !== null && fault !== "order")) return { text: words.bad, plain: false };
  return body.t === "text" ? { text: body.text, plain: true } : { text: words.newer, plain: false };
}
