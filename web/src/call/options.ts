/** What a call is made with, and the words for how it stands. */
import type { Frame, Sends } from "./frames";
import type { OwnMedia } from "./media";
import type { CallIdentity, Verdict } from "./security";
import type { WaysOptions } from "./ways";

export type CallState = "idle" | "preparing" | "prepared" | "live" | "reconnecting" | "blocked" | "ended";
/** `unchecked`: no connection yet. `mismatch` comes with state `blocked`. `unconfirmed` never stops anything. */
export type Security = "unchecked" | Verdict;
/** What the other side says it sends. For display only. */
export type PeerMedia = Sends;

export interface CallOptions extends WaysOptions {
  /** `call:<visit_id>`. */
  topic: string;
  seat: string;
  /** The patient is polite: gives way when both offer at once. */
  polite: boolean;
  /** Put a frame on the live channel; `to` is a seat, without it every other seat hears. May be lost. */
  send(frame: Frame, to?: string): void;
  identity?: CallIdentity | null;
  /** The patient's page: a start while the page is hidden waits for a touch. */
  holdWhileHidden?: boolean;
  /** Shared with a relayed call of the same page. */
  own?: OwnMedia;
  /** No connection came in the time it should take; a new one is being tried. */
  stuck?(): void;
  /** Told of what went wrong and was survived. Default: the console. */
  report?(error: unknown): void;
}
