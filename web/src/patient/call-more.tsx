/** What a patient may need in the call besides the call: fetched beside it, so that the picture is never later for it. */
import type { ComponentChildren } from "preact";
import { computed, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Call } from "../call/call";
import { CompareSlot } from "../call/compare-slot";
import { DeviceChooser } from "../call/device-chooser";
import { DeviceNotice } from "../call/device-notice";
import { useDeviceWords } from "../call/device-words";
import { useCallWords } from "../call/call-words";
import { Climbing } from "../call/climbing";
import { chosen, route } from "../call/choices";
import type { Opened } from "../call/devices";
import type { JoinedCall } from "../call/join";
import { LineNotice } from "../call/line-notice";
import { Reacquire } from "../call/reacquire";
import { locale } from "../lib/i18n";
import type { Need } from "../lib/types";
import type { Admission } from "./admission";
import { useStore, useWords } from "./context";
import { Icon } from "./icons";
import type { RoomStore } from "./store";

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

/** Whoever hears no chime sees the whole screen call: once a second, three times (WCAG 2.3.1 allows three in one). */
export function flash(): void {
  const { classList } = document.documentElement;
  classList.remove("flash");
  requestAnimationFrame(() => classList.add("flash"));
}

/** Deaf or signing: picture and text come before sound, and no telephone is offered. */
export function signsFrom(needs: readonly Need[]): boolean {
  return needs.some(({ kind }) => kind === "deaf" || kind === "signing");
}

/** The ladder of a call, for as long as it runs. */
export function climb(store: RoomStore, joined: JoinedCall): Climbing {
  const { api } = store.handoff;
  const visit = store.view.peek().visit.id;
  const climbing = new Climbing({
    call: joined.call,
    signs: signsFrom(store.view.peek().needs),
    online: () => store.live.state.peek() === "online",
    deviceLost: () => store.admission.keeper.peek()?.notice.peek()?.is === "gone",
    ring: computed(() => store.view.value.visit.ring?.state ?? null),
    callBack: () => api.post(`/v1/visits/${visit}/call-back`, {}),
    hangUp: () => api.post(`/v1/visits/${visit}/hang-up`, {}),
    keep: (line) => api.post(`/v1/visits/${visit}/line`, line),
    report: (error) => console.error("line:", error),
  });
  joined.attach(() => climbing.close());
  return climbing;
}

/** Two who are connected directly can also compare pictures. */
export function Verified({ direct }: { direct: Call | null }) {
  const { say } = useWords();
  if (!direct) {
    return (
      <span class="safe">
        <Icon name="lock" />
        {say("verified")}
      </span>
    );
  }
  return (
    <button type="button" class="safe" onClick={() => void direct.comparison.start()}>
      <Icon name="lock" />
      {say("verified")} <u>{say("compare")}</u>
    </button>
  );
}

export function Compare({ call }: { call: Call }) {
  return <CompareSlot call={call} locale={locale.value} onClose={() => document.querySelector<HTMLElement>(".safe")?.focus()} />;
}

export function Notices() {
  const { admission, doctor, view, messages } = useStore();
  const keeper = admission.keeper.value;
  const climbing = admission.climbing.value;
  const rung = climbing?.ladder.value.rung;
  const remote = admission.joined.value?.call.remote.value;
  // Another connection may have brought another element: its sound goes where it was chosen to go.
  useEffect(() => {
    if (chosen.speaker) for (const element of document.querySelectorAll("video")) void route(element);
  }, [remote]);
  // Where the call ends in writing, the place to write is there without being looked for.
  const signs = signsFrom(view.value.needs);
  useEffect(() => {
    if (rung === "text" || signs) messages.value = true;
  }, [rung === "text", signs]);
  return (
    <div role="status" class="trouble">
      {climbing && <LineNotice climbing={climbing} name={doctor} signs={signs} staff={false} onText={() => (messages.value = true)} />}
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
