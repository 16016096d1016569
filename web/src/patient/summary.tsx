import { useEffect, useState } from "preact/hooks";
import type { Chat } from "../chat/chat";
import { useStore } from "./context";
import { ready, useMore } from "./more-words";

/** What the provider wrote at the end: opened on this phone, by its own keys. Only a message of the care team is ever shown here. */
export function Summary() {
  const store = useStore();
  const { say } = useMore();
  const summary = store.view.value.visit.summary;
  const [chat, setChat] = useState<Chat | null>(null);
  const [failed, setFailed] = useState(false);
  const wanted = summary?.msg_id;
  useEffect(() => {
    if (!wanted) return;
    store.keys().then(setChat, (error: unknown) => {
      console.error("summary:", error);
      setFailed(true);
    });
  }, [wanted]);
  if (!summary || !ready.value) return null;
  const line = chat?.lines.value.find((one) => one.msgId === summary.msg_id && one.staff);
  const closed = failed || (chat !== null && chat.state.value !== "loading" && !line?.body);
  return (
    <section class="card summary" aria-labelledby="summary-title">
      <h2 id="summary-title">{say("summary_title")}</h2>
      {line?.body ? (
        <p class="summary-text" dir="auto">
          {line.body.text}
        </p>
      ) : (
        <p role="status">{say(closed ? "summary_elsewhere" : "summary_opening")}</p>
      )}
    </section>
  );
}
