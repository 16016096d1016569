/** The same through the product's Call, on the benchmark's own signalling. */
import { Call } from "../../src/call/call";
import { firstFrame, instant, openCamera, show } from "./clock";

const seat = new URLSearchParams(location.search).get("seat") ?? "";
const socket = new WebSocket(`ws://${location.host}/relay?seat=${seat}`);
let own: MediaStream | null = null;
let frame: Promise<number> | null = null;

const call = new Call({
  topic: "call:bench",
  seat,
  polite: seat === "patient",
  iceServers: [],
  send: (d, to) => socket.send(JSON.stringify({ to, d })),
});
call.remote.subscribe(show);
socket.onmessage = (message) => {
  const { type, from, d } = JSON.parse(String(message.data)) as { type: string; from: string; d: unknown };
  if (type === "call") call.onFrame(from, d);
  else call.onPresent(from);
};

Object.assign(window, {
  async open(): Promise<void> {
    own = await openCamera();
    if (socket.readyState !== WebSocket.OPEN) await new Promise((resolve) => socket.addEventListener("open", resolve));
    frame = firstFrame();
  },
  prepare: (): Promise<void> => call.prepare(),
  connected: (): boolean => call.state.value === "prepared",
  async click(): Promise<number> {
    const at = instant();
    await call.start(own);
    return at;
  },
  frame: (): Promise<number> | null => frame,
});
