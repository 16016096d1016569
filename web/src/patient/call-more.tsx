/** What a patient may need in the call besides the call: fetched beside it, so that the picture is never later for it. */
import type { ComponentChildren } from "preact";
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { DeviceChooser } from "../call/device-chooser";
import { DeviceNotice } from "../call/device-notice";
import { useDeviceWords } from "../call/device-words";
import { useCallWords } from "../call/call-words";
import type { Opened } from "../call/devices";
import { Reacquire } from "../call/reacquire";
import { locale } from "../lib/i18n";
import type { Admission } from "./admission";
import { useStore } from "./context";

type Sheet = "leave" | "devices";
export const sheet = signal<Sheet | null>(null);

export function open(which: Sheet): void {
  sheet.value = which;
}

/** Watches over the devices of a call that has begun; what did not open at its start is said at once. */
export function keepDevices(admission: Admission, opened: Opened | null): Reacquire {
  const media = (): "video" | "voice" | "listen" => admission.store.media.peek() ?? "video";
  const keeper = new Reacquire({
    stream: () => admission.own.peek(),
    wanted: () => ({ audio: media() !== "listen", video: media() === "video" }),
    reopen: () => admission.retry(),
    report: (error) => console.error("devices:", error),
  });
  if (opened) keeper.failed(opened);
  return keeper;
}

export function Notices() {
  const { admission, doctor } = useStore();
  const keeper = admission.keeper.value;
  return (
    <div role="alert" class="trouble">
      {keeper && <DeviceNotice keeper={keeper} name={doctor} onChoose={() => open("devices")} />}
    </div>
  );
}

export function Sheets() {
  const which = sheet.value;
  useEffect(() => () => void (sheet.value = null), []);
  if (which === "leave") return <Leave />;
  if (which === "devices") return <Devices />;
  return null;
}

/** A modal on the native element: Escape closes, the focus goes back to what opened it. */
function Modal({ label, children }: { label: string; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={box} aria-labelledby="call-sheet" onClose={() => (sheet.value = null)}>
      <h2 id="call-sheet">{label}</h2>
      {children}
    </dialog>
  );
}

const close = (): void => {
  sheet.value = null;
};

function Leave() {
  const { admission, doctor } = useStore();
  const say = useCallWords(doctor);
  return (
    <Modal label={say("leave_title")}>
      <p>{say("leave_text")}</p>
      <button type="button" class="button end" onClick={() => (close(), admission.leave())}>
        {say("leave_yes")}
      </button>
      <button type="button" class="button second" onClick={close}>
        {say("leave_no")}
      </button>
    </Modal>
  );
}

function Devices() {
  const { admission, doctor } = useStore();
  const say = useCallWords(doctor);
  const ready = useDeviceWords(locale.value);
  const chose = (kind: "camera" | "microphone"): void => {
    const media = admission.store.media.peek() ?? "video";
    void admission.retry(kind === "camera" ? "video" : media === "listen" ? "voice" : media);
  };
  return (
    <Modal label={say("devices_title")}>
      {ready && <DeviceChooser stream={admission.own.value} onChosen={chose} />}
      <button type="button" class="button second" onClick={close}>
        {say("close")}
      </button>
    </Modal>
  );
}
