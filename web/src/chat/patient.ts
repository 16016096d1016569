/** The patient's side: this phone's keys, the claim of its invite, and the one conversation of the link. */
import { Conversation } from "../crypto/conversation";
import { openKeystore } from "../crypto/keystore";
import type { Api } from "../lib/api";
import type { Live } from "../lib/live";
import type { PatientView } from "../lib/types";
import { Chat } from "./chat";
import { HttpTransport } from "./transport";

const open = new Map<string, Promise<Chat>>();

/** The conversation of this link, opened once per page. Its `conversation` is the phone's identity in a call. */
export function patientChat(api: Api, live: Live, view: PatientView): Promise<Chat> {
  const id = view.conversation.id;
  const chat = open.get(id) ?? openChat(api, live, view);
  open.set(id, chat);
  chat.catch(() => open.delete(id));
  return chat;
}

async function openChat(api: Api, live: Live, view: PatientView): Promise<Chat> {
  // People who share a phone have keys of their own.
  const store = await openKeystore(view.practice.id, "patient", { person: view.person.id });
  const transport = new HttpTransport(api, view.conversation.id);
  const person = { personId: view.person.id, role: "patient" as const, inviteId: view.invite?.id };
  const chat = new Chat(new Conversation(view.conversation.id, store, transport, person), transport);
  await chat.open(live);
  return chat;
}
