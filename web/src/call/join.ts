/** A call on the page's live channel: frames in, frames out, and a fresh start for the paths whenever the socket came back. */
import { effect, untracked } from "@preact/signals";
import type { Live } from "../lib/live";
import type { CallSeat } from "../lib/types";
import { Call, type CallOptions } from "./call";

export interface JoinedCall {
  call: Call;
  /** Leave the call and the topic. */
  leave(): void;
}

export type JoinOptions = Pick<CallOptions, "identity" | "holdWhileHidden" | "report">;

/** Make the call of a seat (`PatientView.call`, or the answer of `POST /v1/visits/{id}/join`). It is not prepared yet. */
export function joinCall(live: Live, seat: CallSeat, options: JoinOptions = {}): JoinedCall {
  const call = new Call({
    topic: seat.topic,
    seat: seat.seat,
    polite: seat.polite,
    iceServers: seat.ice_servers,
    iceTransportPolicy: seat.ice_transport_policy,
    send: (frame, to) => void live.call(seat.topic, frame, to),
    ...options,
  });
  const unfollow = live.follow(seat.topic, {
    ephemeral: (frame) => {
      if (frame.type === "call") call.onFrame(frame.from, frame.d);
      else if (frame.type === "present") call.onPresent(frame.from);
    },
  });
  const stop = effect(() => {
    if (live.state.value === "online") untracked(() => call.restart());
  });
  const leave = (): void => {
    stop();
    call.close();
    unfollow();
  };
  return { call, leave };
}
