import type { FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";
import type { ChatPaneProps } from "../chat/pane";
import { locale } from "../lib/i18n";
import { Heading, useStore, useWords } from "./context";
import { Icon } from "./icons";

/** The messages, loaded when they are opened for the first time: whoever only waits does not pay for the encryption code. */
const pane = signal<FunctionComponent<ChatPaneProps> | null>(null);
const failed = signal(false);

async function load(): Promise<void> {
  failed.value = false;
  try {
    pane.value = (await import("../chat/pane")).ChatPane;
  } catch (error) {
    failed.value = true;
    console.error("messages:", error);
  }
}

export function Messages({ inCall = false }: { inCall?: boolean }) {
  const store = useStore();
  const { say } = useWords();
  const view = store.view.value;
  useEffect(() => {
    if (!pane.value) void load();
  }, []);
  const Pane = pane.value;
  return (
    <section class={inCall ? "messages sheet" : "messages"}>
      {!inCall && (
        <header class="messages-top">
          <button type="button" class="back" onClick={() => (store.messages.value = false)} aria-label={say("back")}>
            <Icon name="back" flip />
          </button>
          <div>
            <Heading>{say("messages_title")}</Heading>
            <p class="quiet">{view.practice.name}</p>
          </div>
        </header>
      )}
      {Pane && (
        <Pane conversationId={view.conversation.id} role="patient" locale={locale.value} live={store.live} api={store.handoff.api} view={view} />
      )}
      {!Pane && !failed.value && <p role="status">{say("messages_load")}</p>}
      {failed.value && (
        <p class="notice warn" role="alert">
          {say("offline_action")}{" "}
          <button type="button" class="pill" onClick={() => void load()}>
            {say("try_devices")}
          </button>
        </p>
      )}
    </section>
  );
}
