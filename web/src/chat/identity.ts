/** Who this device is in a call: the conversation's keys sign for it, now and whenever they change. */
import { effect, untracked } from "@preact/signals";
import type { JoinedCall } from "../call/join";
import type { Chat } from "./chat";

/** Keys may come late or never: the call goes on without them, unconfirmed, and is judged again when they come. */
export function speakFor(joined: JoinedCall, opening: Promise<Chat>): void {
  opening.then(
    (chat) => joined.attach(effect(() => follow(joined, chat, chat.standing.value))),
    (error: unknown) => console.error("keys:", error),
  );
}

function follow({ call }: JoinedCall, chat: Chat, standing: string): void {
  if (standing !== "") untracked(() => void call.identityChanged(chat.conversation));
}
