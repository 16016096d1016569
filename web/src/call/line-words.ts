/** Which sentences say how the line is: of our own side, and of the other one. Nobody is told that they chose what they did not. */
import type { CallMessages } from "../messages/call.en";
import type { Carried } from "./frames";
import type { Reason, Rung } from "./ladder";
import type { Cause } from "./why";

type Word = keyof CallMessages;

export interface Line {
  rung: Rung;
  reason: Reason;
  cause: Cause | null;
  /** Deaf or signing. */
  signs: boolean;
  staff: boolean;
  /** What the other side's line carries; while both are at the telephone nobody asks. */
  theirs: Carried;
}

export function lineWords({ rung, reason, cause, signs, staff, theirs }: Line): { own: Word[]; theirs: Word | null } {
  const voice = { chosen: "rung_chosen", back: "rung_back" } as const;
  const words: Record<Rung, Word[]> = {
    video: reason === "good" ? ["rung_good"] : [],
    small: [signs ? "rung_small_signs" : "rung_small"],
    voice: [reason === "chosen" || reason === "back" ? voice[reason] : "rung_voice"],
    phone: [staff ? "rung_phone_staff" : "rung_phone", "phone_open"],
    text: [reason === "no-phone" ? "phone_failed" : "rung_text"],
  };
  const why = cause === null ? [] : [`why_${cause.replaceAll("-", "_")}` as Word];
  return { own: [...words[rung], ...why], theirs: theirs === "all" || rung === "phone" ? null : `their_${theirs}` };
}
