/** "Alert this device": web push for whoever works here, in the rail of every staff page. Absent where the browser cannot. */
import { useEffect, useState } from "preact/hooks";
import { locale } from "../lib/i18n";
import type { PushState } from "../push/push";
import { Bell } from "./icons";
import { explain, type Session } from "./session";
import { words } from "./words";

const able = "serviceWorker" in navigator && "PushManager" in window;
const code = (): Promise<typeof import("../push/push")> => import("../push/push");

export function PushButton({ session, onProblem }: { session: Session; onProblem: (sentence: string) => void }) {
  const [state, setState] = useState<PushState | null>(null);
  const [busy, setBusy] = useState(false);
  const w = words.value.common;
  useEffect(() => {
    if (able) void code().then(async (push) => setState(await push.pushState(session.api)));
  }, []);
  if (state === null || state === "impossible") return null;
  const press = async (): Promise<void> => {
    setBusy(true);
    try {
      const push = await code();
      const now = state === "on" ? await push.turnOff(session.api) : await push.turnOn(session.api, locale.peek());
      setState(now);
      if (now === "blocked") onProblem(w.alertsBlocked);
    } catch (error) {
      onProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type="button" class="rail-item" aria-pressed={state === "on"} disabled={busy} onClick={() => void press()}>
      <Bell />
      {state === "on" ? w.alertsOn : w.alertMe}
    </button>
  );
}
