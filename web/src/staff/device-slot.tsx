/** Places for choosing devices and for help with them: fetched when somebody wants one, so that the board is never later for it. */
import { useEffect, useState } from "preact/hooks";
import { locale } from "../lib/i18n";
import type { Device } from "../lib/types";
import type { BoardStore } from "./board-store";
import { Dialog } from "./dialog";
import type { OwnMedia } from "./own-media";
import { OwnPhone } from "./own-phone";
import type { Row } from "./types";
import { words } from "./words";

type Parts = typeof import("../call/device-chooser") & typeof import("../call/device-help") & typeof import("../call/device-notice") & typeof import("../call/device-words") & typeof import("../call/line-notice");

function useParts(): Parts | null {
  const [parts, setParts] = useState<Parts | null>(null);
  useEffect(() => {
    const all = [import("../call/device-chooser"), import("../call/device-help"), import("../call/device-notice"), import("../call/device-words"), import("../call/line-notice")];
    void Promise.all(all).then(async (found) => {
      const whole = Object.assign({}, ...found) as Parts;
      await whole.speakDevices(locale.peek());
      setParts(whole);
    });
  }, []);
  return parts;
}

/** Camera, microphone and speaker, in a dialog. */
export function ChooseDevices({ store, onClose }: { store: BoardStore; onClose: () => void }) {
  const { media } = store;
  const parts = useParts();
  const w = words.value;
  return (
    <Dialog title={w.call.devices} onClose={onClose}>
      {parts && <parts.DeviceChooser stream={media.stream.value} onChosen={() => void media.reopen()} />}
      <OwnPhone session={store.session} />
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

/** How the line is, and what happened to our own devices during the call. */
export function CallNotices({ store, row, onChoose, onText }: { store: BoardStore; row: Row; onChoose: () => void; onText: () => void }) {
  const parts = useParts();
  const keeper = store.media.keeper.value;
  const climbing = store.climbing.value;
  const { name, needs } = row.person;
  const signs = needs.some(({ kind }) => kind === "deaf" || kind === "signing");
  return (
    <div role="status" class="stage-notice">
      {parts && climbing && <parts.LineNotice climbing={climbing} name={name} signs={signs} staff onText={onText} />}
      {parts && keeper && <parts.DeviceNotice keeper={keeper} name={name} onChoose={onChoose} />}
    </div>
  );
}

/** How the line of a visit was, from both ends. */
export function LineHistory({ store, row }: { store: BoardStore; row: Row }) {
  const parts = useParts();
  const { api } = store.session;
  return parts && <parts.LineLog load={() => api.get(`/v1/visits/${row.visit.id}/line`)} name={row.person.name} zone={store.board.practice.zone} />;
}

/** The quality of the line in a word, beside the name. */
export function LineMeter({ store, name }: { store: BoardStore; name: string }) {
  const parts = useParts();
  const quality = store.line.joined.value?.call.quality.value ?? "unknown";
  return parts && <parts.Meter quality={quality} name={name} />;
}
