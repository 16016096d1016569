/** The messages on a staff page: the pane with this browser's device, as soon as it has been started. */
import type { Role } from "../lib/api";
import type { Locale } from "../lib/locale";
import { staffDevice } from "./device";
import { ChatPane as Pane } from "./pane";

interface Props {
  conversationId: string;
  role: Exclude<Role, "patient">;
  locale: Locale;
}

export function ChatPane(props: Props) {
  const device = staffDevice.value;
  return device ? <Pane {...props} device={device} /> : <div class="chat" aria-busy="true" />;
}
