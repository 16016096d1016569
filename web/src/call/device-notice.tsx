/** What is said about our own devices while a call runs, with the way to mend it. */
import { useState } from "preact/hooks";
import { locale } from "../lib/i18n";
import { useCallWords } from "./call-words";
import { DeviceHelp } from "./device-help";
import { sayDevice, useDeviceWords } from "./device-words";
import type { Reacquire } from "./reacquire";

interface Props {
  keeper: Reacquire;
  /** The other side, as people call them. */
  name: string;
  /** Where other devices are chosen. */
  onChoose: () => void;
}

export function DeviceNotice({ keeper, name, onChoose }: Props) {
  const notice = keeper.notice.value;
  const say = useCallWords(name);
  const ready = useDeviceWords(locale.value);
  const [why, setWhy] = useState(false);
  if (!notice || !ready) return null;
  if (notice.is === "failed" && why) {
    const again = (): void => (setWhy(false), void keeper.fix());
    return (
      <div class="device-sheet">
        <DeviceHelp device={notice.device} cause={notice.cause} link={null} onAgain={again} />
        <button type="button" class="button second" onClick={() => setWhy(false)}>
          {say("close")}
        </button>
      </div>
    );
  }
  const words = {
    taken: () => sayDevice("taken", notice.is === "taken" ? { old: notice.old, new: notice.now } : {}),
    gone: () => sayDevice(notice.is === "gone" && notice.device === "camera" ? "gone_camera" : "gone_microphone"),
    failed: () => say(notice.is === "failed" && notice.device === "camera" ? "camera_failed" : "mic_failed"),
    silent: () => sayDevice("silent"),
  };
  return (
    <p>
      {words[notice.is]()}{" "}
      {notice.is === "silent" && (
        <button type="button" onClick={() => void keeper.fix()}>
          {sayDevice("fix")}
        </button>
      )}
      {notice.is === "failed" && (
        <>
          <button type="button" onClick={() => void keeper.fix()}>
            {sayDevice("try_again")}
          </button>{" "}
          <button type="button" onClick={() => setWhy(true)}>
            {say("why")}
          </button>
        </>
      )}
      {(notice.is === "taken" || notice.is === "gone") && (
        <button type="button" onClick={onChoose}>
          {sayDevice("choose")}
        </button>
      )}{" "}
      {notice.is === "taken" && (
        <button type="button" onClick={() => keeper.dismiss()}>
          {say("close")}
        </button>
      )}
    </p>
  );
}
