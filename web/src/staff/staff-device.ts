/** This browser as a staff device of the signed-in account: it signs invites and opens conversations. */
import { StaffDevice } from "../chat/device";
import type { Live } from "../lib/live";
import type { Session } from "./session";

export function staffDevice({ api, me }: Session, live: Live): StaffDevice {
  return new StaffDevice({ api, live, role: me.role, practiceId: me.practice.id, accountId: me.account.id });
}
