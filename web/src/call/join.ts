/**
 * A call on the page's live channel: frames in, frames out. What is said while the socket is being made again waits for it, and
 * the paths get a fresh start whenever it had been lost.
 */
import { effect, untracked } from "@preact/signals";
import type { Live } from "../lib/live";
import type { CallPaths, CallSeat } from "../lib/types";
import type { Api } from "../lib/api";
import { Meeting, type MeetingOptions } from "./meeting";
import { Outgoing } from "./outgoing";
import type { Paths } from "./ways";

export interface JoinedCall {
  call: Meeting;
  /** Something that goes on as long as the call does; `stop` ends it. */
  attach(stop: () => void): void;
  /** Leave the call and the topic. */
  leave(): void;
}

export type JoinOptions = Pick<MeetingOptions, "identity" | "holdWhileHidden" | "report">;

function pathsOf(given: CallPaths): Paths {
  return { iceServers: given.ice_servers, iceTransportPolicy: given.ice_transport_policy };
}

/** Make the call of a seat (`PatientView.call`, or the answer of `POST /v1/visits/{id}/join`). It is not prepared yet. */
export function joinCall(api: Api, live: Live, seat: CallSeat, options: JoinOptions = {}): JoinedCall {
  const outgoing = new Outgoing((frame, to) => live.call(seat.topic, frame, to));
  const call = new Meeting({
    ...seat,
    ...pathsOf(seat),
    renew: async () => pathsOf(await api.get<CallPaths>(`/v1/visits/${seat.visit}/paths`)),
    negotiate: seat.relay ? (offer) => api.post(`/v1/visits/${seat.visit}/relay`, offer) : null,
    send: (frame, to) => outgoing.send(frame, to),
    ...options,
  });
  call.partner.value = seat.partner;
  const unfollow = live.follow(seat.topic, {
    ephemeral: ({ type, from, d }) => {
      const about = String((d as { seat?: unknown } | null)?.seat);
      if (type === "call") call.onFrame(from, d);
      else if (type === "present") call.onPresent(from);
      else if (type === "absent") call.onAbsent(from);
      else if (type === "evicted") call.onEvicted(about);
      else if (type === "relay-lost") call.relayLost();
      else if (type === "speaks") call.onSpeaks(about);
    },
  });
  const stops: (() => void)[] = [
    effect(() => {
      if (live.connections.value > 0) untracked(() => (outgoing.flush(), call.heardAgain()));
    }),
    effect(() => {
      if (live.state.value === "online") untracked(() => call.restart());
    }),
  ];
  let left = false;
  const attach = (stop: () => void): void => {
    if (left) stop();
    else stops.push(stop);
  };
  const leave = (): void => {
    left = true;
    for (const stop of stops.splice(0)) stop();
    call.close();
    unfollow();
  };
  return { call, attach, leave };
}
