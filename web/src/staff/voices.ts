/** Who speaks in a group's call: each member's device is known to their own conversation alone, a clinician's to all of them. */
import { effect, untracked } from "@preact/signals";
import type { CallIdentity } from "../call/security";
import type { Chat } from "../chat/chat";
import type { Conversation } from "../crypto/conversation";
import type { Proven } from "../crypto/hello";
import type { Joined } from "./line";

/** One identity out of several conversations. A member's hello proves something in that member's seat and in no other. */
class Voices implements CallIdentity {
  constructor(readonly bySeat: ReadonlyMap<string, Conversation>) {}

  get #any(): Conversation {
    return [...this.bySeat.values()][0] as Conversation;
  }

  sign(callId: string, fingerprints: string[], ephKemPub?: string): Promise<unknown> {
    return this.#any.sign(callId, fingerprints, ephKemPub);
  }

  verify(callId: string, hello: unknown, seat = ""): Promise<Proven | null> {
    const conversation = this.bySeat.get(seat) ?? (seat.includes(".") ? null : this.#any);
    return conversation ? conversation.verify(callId, hello) : Promise.resolve(null);
  }

  commitment(hello: unknown): Promise<string> {
    return this.#any.commitment(hello);
  }

  pictures(callId: string, initiator: unknown, responder: unknown): Promise<number[]> {
    return this.#any.pictures(callId, initiator, responder);
  }
}

/** Signs and judges with these conversations until it is stopped; keys that come late or never leave a voice unconfirmed. */
export function speakForGroup(joined: Joined, opening: ReadonlyMap<string, Promise<Chat>>): () => void {
  let stop: (() => void) | null = null;
  let over = false;
  const seats = [...opening.keys()];
  void Promise.allSettled(opening.values()).then((answers) => {
    const chats = new Map<string, Chat>();
    answers.forEach((answer, at) => {
      if (answer.status === "fulfilled") chats.set(seats[at] ?? "", answer.value);
      else console.error("keys:", answer.reason);
    });
    if (over || chats.size === 0) return;
    stop = effect(() => {
      const known = [...chats].filter(([, chat]) => chat.standing.value !== "");
      if (known.length === 0) return;
      const voices = new Voices(new Map(known.map(([seat, chat]) => [seat, chat.conversation])));
      untracked(() => void joined.call.identityChanged(voices));
    });
    joined.attach(() => stop?.());
  });
  return () => {
    over = true;
    stop?.();
  };
}
