/** The button of the drawer; what it opens is loaded when it is pressed. */
import { useSignal } from "@preact/signals";
import { locale } from "../lib/i18n";
import type { Session } from "./session";
import { words } from "./words";

type Panel = typeof import("./reach-panel").ReachPanel;

/** The button's words: the rest of them comes with the drawer. */
const OPEN = { en: "Messages and numbers", es: "Mensajes y números", ar: "الرسائل والأرقام" };

export function ReachSlot({ session, appointmentId, personId, zone }: { session: Session; appointmentId: string; personId: string; zone: string }) {
  const part = useSignal<{ Panel: Panel } | null>(null);
  const open = useSignal(false);
  const failed = useSignal(false);
  const toggle = async (): Promise<void> => {
    open.value = !open.value;
    failed.value = false;
    if (!open.value || part.value) return;
    try {
      part.value = { Panel: (await import("./reach-panel")).ReachPanel };
    } catch {
      failed.value = true;
      open.value = false;
    }
  };
  const Panel = open.value ? part.value?.Panel : undefined;
  return (
    <section class="reach">
      <button type="button" class="button" aria-expanded={open.value} onClick={() => void toggle()}>
        {OPEN[locale.value]}
      </button>
      {failed.value && (
        <p class="word-bad" role="alert">
          {words.value.common.unreachable}
        </p>
      )}
      {Panel && <Panel key={appointmentId} session={session} appointmentId={appointmentId} personId={personId} zone={zone} />}
    </section>
  );
}
