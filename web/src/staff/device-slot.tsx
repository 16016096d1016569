/** Places for choosing devices and for help with them: fetched when somebody wants one, so that the board is never later for it. */
import { useEffect, useState } from "preact/hooks";
import { locale } from "../lib/i18n";
import type { Device } from "../lib/types";
import { Dialog } from "./dialog";
import type { OwnMedia } from "./own-media";
import { words } from "./words";

type Parts = typeof import("../call/device-chooser") & typeof import("../call/device-help") & typeof import("../call/device-notice") & typeof import("../call/device-words");

function useParts(): Parts | null {
  const [parts, setParts] = useState<Parts | null>(null);
  useEffect(() => {
    const all = [import("../call/device-chooser"), import("../call/device-help"), import("../call/device-notice"), import("../call/device-words")];
    void Promise.all(all).then(async (found) => {
      const whole = Object.assign({}, ...found) as Parts;
      await whole.speakDevices(locale.peek());
      setParts(whole);
    });
  }, []);
  return parts;
}

/** Camera, microphone and speaker, in a dialog. */
export function ChooseDevices({ media, onClose }: { media: OwnMedia; onClose: () => void }) {
  const parts = useParts();
  const w = words.value;
  return (
    <Dialog title={w.call.devices} onClose={onClose}>
      {parts && <parts.DeviceChooser stream={media.stream.value} onChosen={() => void media.reopen()} />}
      <div class="button-row">
        <button type="button" class="button button-main" onClick={onClose}>
          {w.common.close}
        </button>
      </div>
    </Dialog>
  );
}

/** Why a device did not open, with the picture for this browser. */
export function ExplainDevices({ media, onClose }: { media: OwnMedia; onClose: () => void }) {
  const parts = useParts();
  const opened = media.opened.value;
  const bad = (cause: Device | undefined): cause is Device => cause !== undefined && cause !== "ok" && cause !== "unchecked";
  const device = bad(opened?.microphone) ? "microphone" : "camera";
  const cause = opened?.[device];
  const again = (): void => {
    onClose();
    void (media.stream.peek() ? media.reopen() : media.open());
  };
  return (
    <Dialog title={words.value.call.devices} onClose={onClose}>
      {parts && bad(cause) && <parts.DeviceHelp device={device} cause={cause} link={null} onAgain={again} />}
      <div class="button-row">
        <button type="button" class="button" onClick={onClose}>
          {words.value.common.close}
        </button>
      </div>
    </Dialog>
  );
}

/** What happened to our own devices during the call. */
export function KeeperNotice({ media, name, onChoose }: { media: OwnMedia; name: string; onChoose: () => void }) {
  const parts = useParts();
  const keeper = media.keeper.value;
  return <div role="alert" class="stage-notice">{parts && keeper && <parts.DeviceNotice keeper={keeper} name={name} onChoose={onChoose} />}</div>;
}
