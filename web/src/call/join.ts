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
  const visit = seat.topic.slice("visit:".length);
  const call = new Meeting({
    topic: seat.topic,
    seat: seat.seat,
    polite: seat.polite,
    ...pathsOf(seat),
    renew: async () => pathsOf(await api.get<CallPaths>(`/v1/visits/${visit}/paths`)),
    route: seat.route ?? "p2p",
    negotiate: seat.relay ? (offer) => api.post(`/v1/visits/${visit}/relay`, offer) : null,
    send: (frame, to) => outgoing.send(frame, to),
    ...options,
  });
  const unfollow = live.follow(seat.topic, {
    ephemeral: (frame) => {
      if (frame.type === "call") call.onFrame(frame.from, frame.d);
      else if (frame.type === "present") call.onPresent(frame.from);
      else if (frame.type === "absent") call.onAbsent(frame.from);
      else if (frame.type === "evicted") call.onEvicted(seatOf(frame.d));
      else if (frame.type === "relay-lost") call.relayLost();
      else if (frame.type === "speaks") call.onSpeaks(seatOf(frame.d));
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
  const seatOf = (d: unknown): string => String((d as { seat?: unknown } | null)?.seat ?? "");
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
