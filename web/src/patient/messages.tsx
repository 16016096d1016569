import type { FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";
import type { Api, Role } from "../lib/api";
import { locale, type Locale } from "../lib/i18n";
import type { Live } from "../lib/live";
import type { PatientView } from "../lib/types";
import { Heading, useStore, useWords } from "./context";
import { Icon } from "./icons";

interface ChatPaneProps {
  conversationId: string;
  role: Role;
  locale: Locale;
  live: Live;
  api: Api;
  view: PatientView;
}

const PANES = import.meta.glob<{ ChatPane: FunctionComponent<ChatPaneProps> }>("../chat/pane.tsx");

/** The messages, loaded when they are opened for the first time: whoever only waits does not pay for the encryption code. */
const pane = signal<FunctionComponent<ChatPaneProps> | null>(null);
const failed = signal(false);

async function load(): Promise<void> {
  failed.value = false;
  try {
    const found = await PANES["../chat/pane.tsx"]?.();
    if (!found) throw new Error("built without messages");
    const { ChatPane } = found;
    pane.value = ChatPane;
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
