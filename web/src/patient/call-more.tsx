/** What a patient may need in the call besides the call: fetched beside it, so that the picture is never later for it. */
import type { ComponentChildren } from "preact";
import { computed, signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Call } from "../call/call";
import { CompareSlot } from "../call/compare-slot";
import { DeviceChooser } from "../call/device-chooser";
import { DeviceNotice } from "../call/device-notice";
import { useDeviceWords } from "../call/device-words";
import { useCallWords } from "../call/call-words";
import { Climbing } from "../call/climbing";
import { chosen, devicesHere, route, turn } from "../call/choices";
import type { Opened } from "../call/devices";
import type { JoinedCall } from "../call/join";
import type { Meeting } from "../call/meeting";
import { LineNotice } from "../call/line-notice";
import { Reacquire } from "../call/reacquire";
import { canShare, share, sharing, stopSharing } from "../call/screen";
import { locale } from "../lib/i18n";
import { fill, isolate } from "../lib/text";
import type { Need } from "../lib/types";
import { IN_VISIT } from "../messages/in-visit";
import type { Admission } from "./admission";
import { useStore, useWords } from "./context";
import { Icon } from "./icons";
import type { RoomStore } from "./store";
import "../call/in-visit.css";

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

/** How the line is: bars, and always a word. */
export function Line({ call }: { call: Meeting }) {
  const { say } = useWords();
  const quality = call.quality.value;
  if (call.state.value !== "live" || quality === "unknown") return null;
  const bars = { good: 4, weak: 2, silent: 1 }[quality];
  return (
    <>
      <span class={`bars ${quality}`} aria-hidden="true">
        {[1, 2, 3, 4].map((bar) => (
          <i key={bar} class={bar <= bars ? "on" : ""} />
        ))}
      </span>
      {say(`quality_${quality}`)}
    </>
  );
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
  const writing = rung === "text" || climbing?.theirs.value === "none" || signs;
  useEffect(() => {
    if (writing) messages.value = true;
  }, [writing]);
  return (
    <>
    <InVisit />
    <div role="status" class="trouble">
      {climbing && <LineNotice climbing={climbing} name={doctor} signs={signs} staff={false} onText={() => (messages.value = true)} />}
      {keeper && <DeviceNotice keeper={keeper} name={doctor} onChoose={() => open("devices")} />}
    </div>
    </>
  );
}

/** On hold, sharing a screen, the camera's other side. */
function InVisit() {
  const { admission, doctor, view } = useStore();
  const w = IN_VISIT[locale.value];
  const name = isolate(doctor);
  const call = admission.joined.value?.call;
  const shown = call?.peer.value?.screen === true;
  const own = admission.own.value;
  const [cameras, setCameras] = useState(0);
  useEffect(() => void devicesHere().then((all) => setCameras(all.filter((one) => one.kind === "videoinput").length)), [own]);
  const rung = admission.climbing.value?.ladder.value.rung;
  const back = own?.getVideoTracks()[0]?.getSettings().facingMode === "environment";
  useEffect(() => {
    const stage = document.querySelector(".call .stage");
    stage?.classList.toggle("whole", shown);
    stage?.classList.toggle("plain", back);
    stage?.classList.toggle("elsewhere", rung === "text" || rung === "phone");
  });
  const flip = async (): Promise<void> => {
    await turn(own);
    await admission.retry("video");
  };
  return (
    <>
      {view.value.visit.held_at && (
        <div class="on-hold" role="status">
          <h2>{fill(w.holdTitle, { name })}</h2>
          <p>{w.holdText}</p>
        </div>
      )}
      {cameras > 1 && admission.cameraOn.value && own && (
        <button type="button" class="flip" aria-label={w.flip} title={w.flip} onClick={() => void flip()}>
          <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M4 8h3l1.500-2.500h7L17 8h3v11H4zM9 13a3 3 0 0 1 5.500-1.500M15 14a3 3 0 0 1-5.500 1.500M14.500 9.500v2h-2M9.500 17.500v-2h2" />
          </svg>
        </button>
      )}
      {shown && (
        <p class="shares" role="status">
          {fill(w.shows, { name })}
        </p>
      )}
      {sharing.value && (
        <p class="shares" role="status">
          {fill(w.sharing, { name })}{" "}
          <button type="button" onClick={stopSharing}>
            {w.shareStop}
          </button>
        </p>
      )}
    </>
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
      <ShareScreen />
      <button type="button" class="button second" onClick={close}>
        {say("close")}
      </button>
    </Modal>
  );
}

/** From here, and not from the row of buttons: few need it, and none by accident. */
function ShareScreen() {
  const { admission } = useStore();
  const [failed, setFailed] = useState(false);
  const w = IN_VISIT[locale.value];
  const joined = admission.joined.value;
  if (!joined || !canShare()) return null;
  const press = async (): Promise<void> => {
    setFailed(false);
    if (sharing.peek()) return stopSharing();
    const done = await share(joined);
    if (done === "failed") setFailed(true);
    else if (done === "shared") close();
  };
  return (
    <>
      <button type="button" class="button second" onClick={() => void press()}>
        {sharing.value ? w.shareStop : w.share}
      </button>
      {failed && <p role="alert">{w.shareFailed}</p>}
    </>
  );
}
