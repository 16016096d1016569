import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Meeting } from "../call/meeting";
import { Heading, phoneHref, useStore, useWords } from "./context";
import { Emergency } from "./emergency";
import { Icon } from "./icons";
import { Messages } from "./messages";
import { initials } from "./names";
import { Round } from "./round";
import { SelfView } from "./self-view";

/** The rest of the call, loaded once it stands. Without it the call, the messages and the telephone still work. */
const rest = signal<typeof import("./call-more") | null>(null);

function useMore(): typeof import("./call-more") | null {
  useEffect(() => void import("./call-more").then((module) => (rest.value = module), (error: unknown) => console.error("call:", error)), []);
  return rest.value;
}

/** Face to face. Dark in both schemes, four round buttons, and always a word about how it goes. */
export function Visit() {
  const store = useStore();
  const call = store.admission.joined.value?.call;
  useEffect(() => {
    document.documentElement.classList.add("in-call");
    return () => document.documentElement.classList.remove("in-call");
  }, []);
  if (!call) return null;
  return (
    <section class={store.messages.value ? "call with-text" : "call"}>
      <Stage call={call} />
      <div class="foot">
        <Controls />
        {store.messages.value ? <Messages inCall /> : <Peek />}
      </div>
    </section>
  );
}

function Stage({ call }: { call: Meeting }) {
  const { admission, view } = useStore();
  const More = useMore();
  const state = call.state.value;
  const remote = call.remote.value;
  const peer = call.peer.value;
  const picture = state === "live" && remote !== null && peer?.started === true && peer.video;
  const third = call.guests.value[0] ?? view.value.guests.some(({ phone }) => phone);
  useEffect(() => void (third && import("./third").then((part) => (company.value = part))), [third]);
  return (
    <div class="stage">
      <Status call={call} />
      {remote && <Remote stream={remote} shown={picture} />}
      {!picture && <Absent call={call} />}
      {company.value && <company.value.Third call={call} view={view.value} />}
      {admission.own.value && admission.cameraOn.value && <SelfView own={admission.own} />}
      {More && <More.Notices />}
      {More && call.direct.value && <More.Compare call={call.direct.value} />}
    </div>
  );
}

/** Whoever else is there: fetched when somebody is let in. */
const company = signal<typeof import("./third") | null>(null);

function Status({ call }: { call: Meeting }) {
  const { doctor } = useStore();
  const More = useMore();
  return (
    <header class="status">
      <Heading>
        <bdi>{doctor}</bdi>
      </Heading>
      <p role="status">
        {More && <More.Line call={call} />}
        {More && call.security.value === "verified" && <More.Verified direct={call.direct.value} />}
      </p>
    </header>
  );
}

/** The other side. Sound is let out explicitly; when the browser still refuses, one button puts it right. */
function Remote({ stream, shown }: { stream: MediaStream; shown: boolean }) {
  const video = useRef<HTMLVideoElement>(null);
  const [silent, setSilent] = useState(false);
  const { say } = useWords();
  const play = (): void => {
    video.current?.play().then(
      () => setSilent(false),
      (error: unknown) => setSilent(error instanceof DOMException && error.name === "NotAllowedError"),
    );
  };
  useEffect(() => {
    if (!video.current) return;
    video.current.srcObject = stream;
    play();
    stream.addEventListener("addtrack", play);
    return () => stream.removeEventListener("addtrack", play);
  }, [stream]);
  return (
    <>
      <video ref={video} class={shown ? "remote" : "remote away"} playsInline autoplay aria-label={say("their_picture")} />
      {silent && (
        <button type="button" class="button hear" onClick={play}>
          <Icon name="sound" />
          {say("hear")}
        </button>
      )}
    </>
  );
}

/** No picture: who, and why, in words. */
function Absent({ call }: { call: Meeting }) {
  const { doctor } = useStore();
  const { say } = useWords();
  const state = call.state.value;
  const peer = call.peer.value;
  const left = call.left.value;
  const again = state === "reconnecting" && !left;
  const blocked = state === "blocked";
  return (
    <div class="absent">
      <span class={again || state === "preparing" ? "face turning" : "face"} aria-hidden="true">
        {initials(doctor)}
      </span>
      <div role="status">
        {again && <h2>{say("again_title")}</h2>}
        {again && <p>{say("again_text")}</p>}
        {blocked && <h2>{say("blocked_title")}</h2>}
        {blocked && <p>{say("blocked_text")}</p>}
        {!again && !blocked && peer?.started && peer.audio && <h2>{say("voice_title")}</h2>}
        {!again && !blocked && peer?.line !== "none" && <p>{say(peer?.started ? (peer.audio ? "voice_text" : "picture_off") : left ? "peer_left" : state === "preparing" ? "joining" : "waiting_peer")}</p>}
      </div>
      {blocked && (
        <a class="button" href={phoneHref()}>
          <Icon name="phone" />
          {say("call_clinic")}
        </a>
      )}
    </div>
  );
}

function Controls() {
  const store = useStore();
  const { admission, messages } = store;
  const { say } = useWords();
  const More = useMore();
  const muted = admission.muted.value;
  const camera = admission.cameraOn.value;
  return (
    <div class="controls">
      <Round icon={muted ? "micOff" : "mic"} word={say(muted ? "unmute" : "mute")} on={muted} onPress={() => admission.setMuted(!muted)} />
      <Round icon={camera ? "camera" : "cameraOff"} word={say(camera ? "camera" : "camera_off")} on={!camera} onPress={() => void admission.setCamera(!camera)} />
      <Round icon="text" word={say("text")} on={messages.value} onPress={() => (messages.value = !messages.value)} />
      {More && <Round icon="more" word={say("more")} on={More.sheet.value === "devices"} onPress={() => More.open("devices")} />}
      <Round icon="hang" word={say("leave")} end onPress={() => (More ? More.open("leave") : admission.leave())} />
      {More && <More.Sheets />}
    </div>
  );
}

/** The strip under the buttons: the telephone is never further than this. */
function Peek() {
  const { say } = useWords();
  return (
    <div class="peek">
      <p>{say("by_phone")}</p>
      <a href={phoneHref()}>
        <Icon name="phone" />
        {say("call_clinic")}
      </a>
      <Emergency />
    </div>
  );
}
