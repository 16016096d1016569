/** The summary of a visit: written here, sealed in the browser like every message, shown on the patient's page after the visit. */
import { effect } from "@preact/signals";
import { useState } from "preact/hooks";
import type { Chat } from "../chat/chat";
import type { BoardStore } from "./board-store";
import type { Row } from "./types";
import { lineWords } from "./words";

const LONGEST_MS = 30_000;

/** Sends the text and answers with its id once it stands on the server. Rejects when it does not within half a minute: it is kept and sent later. */
export async function standing(chat: Chat, text: string): Promise<string> {
  const known = new Set(chat.lines.peek().map((line) => line.msgId));
  if (!(await chat.send(text))) throw new Error("the summary was not kept");
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      reject(new Error("the summary is not there yet"));
    }, LONGEST_MS);
    const stop = effect(() => {
      const line = chat.lines.value.find((one) => one.mine && !known.has(one.msgId) && one.body?.text === text);
      if (!line || line.seq === 0) return;
      clearTimeout(timer);
      queueMicrotask(() => stop());
      resolve(line.msgId);
    });
  });
}

export function Summary({ store, row }: { store: BoardStore; row: Row }) {
  const w = lineWords.value.summary;
  const [text, setText] = useState("");
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  if (row.visit.summary_at) return <p role="status">{w.sent(row.person.name)}</p>;
  const send = async (): Promise<void> => {
    setState("busy");
    try {
      const chat = await store.device.chat(row.conversation.id);
      const msgId = await standing(chat, text.trim());
      await store.sumUp(row, msgId);
      setState("idle");
    } catch (error) {
      console.error("summary:", error);
      setState("failed");
    }
  };
  return (
    <form
      class="wrap-summary"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() && state !== "busy") void send();
      }}
    >
      <label class="field">
        <span>{w.label(row.person.name)}</span>
        <textarea rows={2} maxLength={4000} dir="auto" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button" disabled={!text.trim() || state === "busy"}>
        {w.send}
      </button>
      <p class="hint" role="status">
        {state === "failed" ? w.failed : w.hint}
      </p>
    </form>
  );
}
