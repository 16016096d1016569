/** The ladder of a provider's call; see call/climbing.ts. */
import { computed } from "@preact/signals";
import { Climbing } from "../call/climbing";
import type { BoardStore } from "./board-store";
import type { Joined } from "./line";
import type { Need, Row } from "./types";

/** Deaf or signing: picture and text come before sound, and no telephone is offered. */
export function signsFrom(needs: readonly Need[]): boolean {
  return needs.some(({ kind }) => kind === "deaf" || kind === "signing");
}

export function climbFor(store: BoardStore, joined: Joined, ended: () => void): Climbing {
  const { api } = store.session;
  const path = `/v1/visits/${joined.visitId}`;
  const row = (): Row | undefined => store.rows.value.find(({ visit }) => visit.id === joined.visitId);
  const climbing = new Climbing({
    call: joined.call,
    signs: signsFrom(row()?.person.needs ?? []),
    online: () => store.live.state.peek() === "online",
    deviceLost: () => store.media.keeper.peek()?.notice.peek()?.is === "gone",
    ring: computed(() => {
      const ring = row()?.visit.ring;
      return ring?.purpose === "call-back" ? ring.state : null;
    }),
    callBack: () => api.post(`${path}/call-back`, {}),
    hangUp: () => api.post(`${path}/hang-up`, {}),
    keep: (line) => api.post(`${path}/line`, line),
    report: (error) => console.error("line:", error),
  });
  joined.attach(() => {
    climbing.close();
    ended();
  });
  return climbing;
}
