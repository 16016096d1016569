/** "Tell me on this device": web push for the patient. Its code is fetched when the button is pressed. */
import { useState } from "preact/hooks";
import { locale } from "../lib/i18n";
import { useStore, useWords } from "./context";
import { Reachable } from "./reachable";

const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

export function Tell() {
  const { handoff } = useStore();
  const { say } = useWords();
  const [state, setState] = useState<"off" | "on" | "blocked">(able && Notification.permission === "denied" ? "blocked" : "off");
  if (!able || state === "blocked") return state === "blocked" && able ? <p class="quiet">{say("push_blocked")}</p> : null;
  const press = async (): Promise<void> => {
    const { turnOn } = await import("../push/push");
    // What fails here changes nothing: the page itself still tells, and a text does.
    const now = await turnOn(handoff.api, locale.peek()).catch(() => "off" as const);
    setState(now === "on" ? "on" : now === "off" ? "off" : "blocked");
  };
  if (state === "on") return <p class="quiet" role="status">{say("push_done")}</p>;
  return <Reachable icon="bell" title={say("push_on")} hint={say("push_why")} onPress={() => void press()} />;
}
