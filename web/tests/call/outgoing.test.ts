/** What is said while the socket is made again is said once, in order, on the new one. */
import { expect, it } from "vitest";
import { newSid, type Frame } from "../../src/call/frames";
import { MOST_WAITING, Outgoing } from "../../src/call/outgoing";

const hello = (): Frame => ({ kind: "hello", sid: newSid(), to: null, hello: null });

it("keeps frames and their addressees for the next connection, in order and once", () => {
  const sent: [Frame, string | undefined][] = [];
  let up = false;
  const outgoing = new Outgoing((frame, to) => up && sent.push([frame, to]) > 0);
  const [first, second, third] = [hello(), hello(), hello()];
  outgoing.send(first);
  outgoing.send(second, "desk");
  expect(sent).toEqual([]);
  up = true;
  outgoing.send(third); // not before those that wait
  outgoing.flush();
  outgoing.flush();
  expect(sent).toEqual([[first, undefined], [second, "desk"], [third, undefined]]);
});

it("stays waiting when the new connection went too, and forgets the oldest of an outage", () => {
  const sent: Frame[] = [];
  let room = 0;
  const outgoing = new Outgoing((frame) => room > 0 && (room--, sent.push(frame) > 0));
  const frames = Array.from({ length: MOST_WAITING + 1 }, hello);
  for (const frame of frames) outgoing.send(frame);
  room = 1;
  outgoing.flush();
  room = MOST_WAITING;
  outgoing.flush();
  expect(sent).toEqual(frames.slice(1));
});
