/** The page's idea of now, ticking each second, moved to the server's clock when the server says what time it is. */
import { signal } from "@preact/signals";

let offset = 0;
/** The instant taken over last: a snapshot keeps the one it was loaded with while events change the rest of it. */
let heard = "";
/** Milliseconds since 1970, by the server's clock. */
export const now = signal(Date.now());

/** Takes over the server's clock (the demo's clock can be hours ahead of this machine's). */
export function setServerTime(instant: string): void {
  if (instant === heard) return;
  heard = instant;
  const ahead = Date.parse(instant) - Date.now();
  // Below two seconds it is the way through the network, not another clock.
  offset = Math.abs(ahead) < 2_000 ? 0 : ahead;
  now.value = Date.now() + offset;
}

export function startClock(): () => void {
  const timer = setInterval(() => {
    now.value = Date.now() + offset;
  }, 1_000);
  return () => clearInterval(timer);
}
