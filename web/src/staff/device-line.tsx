/** While this browser waits for its certificate: what its owner reads to the administrator. */
import { useEffect, useState } from "preact/hooks";
import type { StaffDevice } from "../chat/device";
import { Lock } from "./icons";
import { words } from "./words";

/** An approval that comes at once, as in the demo, is not worth a word. */
const WORTH_SAYING = 4_000;

export function DeviceLine({ device }: { device: StaffDevice }) {
  const w = words.value.device;
  const pending = device.state.value === "pending";
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(pending), pending ? WORTH_SAYING : 0);
    return () => clearTimeout(timer);
  }, [pending]);
  if (!pending || !shown) return null;
  return (
    <div class="notice notice-amber" role="status">
      <Lock />
      <p>
        {w.pending} {w.read} <strong class="fingerprint">{device.fingerprint.value}</strong>
      </p>
    </div>
  );
}
