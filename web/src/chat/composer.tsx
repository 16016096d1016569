/** Where a message is written. The text leaves the field only when the sealed message is safely kept on this device. */
import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { Chat } from "./chat";
import type { Speech } from "./pane";

/** Sealed, this stays under CRP-1's 64 KiB in every script. */
const LONGEST = 10_000;

export function Composer({ chat, speech }: { chat: Chat; speech: Speech }) {
  const { words } = speech;
  const field = useRef<HTMLTextAreaElement>(null);
  const busy = useSignal(false);
  const trouble = useSignal<string | null>(null);
  const send = async (): Promise<void> => {
    const area = field.current;
    const text = area?.value.trim() ?? "";
    if (!area || busy.value || text === "") return;
    if (text.length > LONGEST) {
      trouble.value = words.too_long;
      return;
    }
    busy.value = true;
    trouble.value = null;
    const kept = await chat.send(text);
    busy.value = false;
    if (!kept) trouble.value = words.not_sent;
    else if (area.value.trim() === text) area.value = "";
    grow(area);
  };
  return (
    <form
      class="chat-composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {trouble.value && (
        <p class="chat-unsent" role="alert">
          {trouble.value}
        </p>
      )}
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        aria-label={words.write}
        placeholder={words.write}
        enterkeyhint="send"
        readOnly={busy.value}
        onInput={(event) => grow(event.currentTarget)}
        onKeyDown={(event) => {
          // Enter also ends the choosing of a character in some scripts: that is not a wish to send.
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          void send();
        }}
      />
      <button type="submit" class="chat-send" aria-disabled={busy.value}>
        {words.send}
      </button>
    </form>
  );
}

/** As many lines as were written, up to six. */
function grow(area: HTMLTextAreaElement): void {
  area.rows = Math.min(6, Math.max(1, area.value.split("\n").length));
}
