import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { number, tag } from "../lib/i18n";
import { Action, Heading, phoneHref, Trouble, useStore, useWords } from "./context";
import { Emergency } from "./emergency";
import { Icon } from "./icons";
import { initials } from "./names";
import { Reachable } from "./reachable";
import { SelfView } from "./self-view";

/** Before the visit: too early, at the door, in line, away, and "it is your turn". */

/** The rest of this page, loaded once the line stands. Without it the line, the messages and the telephone still work. */
const more = signal<typeof import("./waiting-more") | null>(null);

async function loadMore(): Promise<typeof import("./waiting-more")> {
  const module = more.peek() ?? (await import("./waiting-more"));
  await module.speakMore();
  return (more.value = module);
}

/** The rest, as soon as it is there. */
export function useRest(): typeof import("./waiting-more") | null {
  useEffect(() => void loadMore().catch((error: unknown) => console.error("more:", error)), []);
  return more.value;
}

function VisitLine() {
  const { appointment } = useStore().view.value;
  const { say, when } = useWords();
  const at = when(appointment.start);
  return <p class="quiet">{say("visit_line", { day: at.day, time: at.clock, zone: at.zone })}</p>;
}

export function Early() {
  const { view } = useStore();
  const { say, when } = useWords();
  const door = when(view.value.opens_at);
  return (
    <section class="screen">
      <Heading>{say("early_title")}</Heading>
      <p>{say("early_text", { day: door.day, time: door.clock })}</p>
      <VisitLine />
      <p>{say("early_keep")}</p>
      <Reach />
    </section>
  );
}

export function Open({ left }: { left: boolean }) {
  const store = useStore();
  const { say } = useWords();
  return (
    <section class="screen">
      <Heading>{say(left ? "left_line" : "open_title")}</Heading>
      <p>{say(left ? "left_line_text" : "open_text")}</p>
      {left && more.value && <more.value.LeftAs />}
      <VisitLine />
      <Trouble />
      <div class="actions">
        <Action busy={store.busy.value} onPress={() => void store.checkIn()}>
          {say("here")}
        </Action>
      </div>
      <Reach />
    </section>
  );
}

export function Waiting({ away }: { away: boolean }) {
  const store = useStore();
  const { say, nth } = useWords();
  const position = store.view.value.entry?.position ?? 1;
  const More = more.value;
  const title = away ? say("away_title") : position <= 1 ? say("next_title") : nth("queue_title", position);
  return (
    <section class="screen">
      <Heading>{title}</Heading>
      {More && <More.Why title={title} />}
      {More && <More.Forecast />}
      <VisitLine />
      {store.offline.value && !away && (
        <p class="notice warn" role="status">
          {say("lost_queue")}
        </p>
      )}
      <div class="line-room">{More && <More.Line position={position} />}</div>
      <p class="quiet">{say(away ? "away_text" : "kept")}</p>
      {More && <More.Elsewhere />}
      <Reach more />
      <Trouble />
      {More && <More.Sheets />}
      {away && (
        <div class="actions">
          <Action busy={store.busy.value} onPress={() => void store.checkIn()}>
            {say("here")}
          </Action>
        </div>
      )}
    </section>
  );
}

export function Called() {
  const { doctor } = useStore();
  const { say } = useWords();
  return (
    <section class="screen middle">
      <div aria-live="assertive">
        <Heading>{say("called_title")}</Heading>
        <p>{say("called_text")}</p>
      </div>
      <div class="pulse" aria-hidden="true">
        {initials(doctor)}
      </div>
    </section>
  );
}

/** The visit goes on by telephone: nothing of this page is on. */
export function Ringing() {
  const { say } = useWords();
  return (
    <section class="screen">
      <div aria-live="assertive">
        <Heading>{say("phone_title")}</Heading>
        <p>{say("phone_text")}</p>
      </div>
      <Reach sound={false} />
    </section>
  );
}

/** What is always in reach: sound, messages, the ways to wait otherwise, and help. */
export function Reach({ more: whole = false, sound = true }: { more?: boolean; sound?: boolean }) {
  const store = useStore();
  const { say } = useWords();
  const More = useRest();
  const worse = (): void => {
    loadMore().then(
      (module) => module.worse(store),
      () => location.assign(phoneHref()), // half a page: then the telephone at once
    );
  };
  return (
    <>
      <div class="card reach">
        {sound && !store.touched.value && <Reachable icon="sound" title={say("sound_on")} hint={say("sound_why")} onPress={() => store.handoff.sound.chime()} />}
        <Reachable icon="message" title={say("message_clinic")} hint={say("message_hint")} onPress={() => (store.messages.value = true)} />
        {More && <More.Tell />}
        {More && whole && <More.Items />}
      </div>
      {whole && (
        <button type="button" class="button worse" onClick={worse}>
          <Icon name="warn" /> {say("worse")}
        </button>
      )}
      <Emergency />
    </>
  );
}

/** 3-2-1. A breath before the camera is on, with two ways to say no. */
export function Count() {
  const { admission, media } = useStore();
  const { say, count } = useWords();
  const left = admission.count.value;
  const text = { video: "count_both", voice: "count_voice", listen: "count_listen" } as const;
  return (
    <section class="screen middle">
      <Heading>{say("ready_title")}</Heading>
      <Behind />
      {admission.own.value && media.value === "video" && <SelfView own={admission.own} />}
      <div class="ring" role="timer" aria-live="assertive" aria-label={count("seconds", left)}>
        <svg viewBox="0 0 120 120" aria-hidden="true">
          <circle cx="60" cy="60" r="56" />
          <circle class="run" cx="60" cy="60" r="56" pathLength="3" stroke-dasharray="3 3" />
        </svg>
        <b aria-hidden="true">{number(tag.value, left)}</b>
      </div>
      <p>{say(text[media.value ?? "video"])}</p>
      <div class="actions">
        <Action kind="second" onPress={() => admission.hold()}>
          {say("not_yet")}
        </Action>
        {media.value === "video" && (
          <Action kind="plain" onPress={() => void admission.voiceOnly()}>
            {say("start_voice")}
          </Action>
        )}
      </div>
    </section>
  );
}

/** The other side's picture, decoded but neither seen nor heard: when the count ends there is a frame to show. */
function Behind() {
  const video = useRef<HTMLVideoElement>(null);
  const stream = useStore().admission.joined.value?.call.remote.value ?? null;
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return <video ref={video} class="remote away" muted playsInline autoplay aria-hidden="true" tabIndex={-1} />;
}

/** Admitted, but nothing of ours goes out before a tap: after a reload, from a hidden page, or because a minute was asked for. */
export function Touch({ hold }: { hold: boolean }) {
  const { admission, media, handoff } = useStore();
  const { say } = useWords();
  const first = useRef(true);
  useEffect(() => {
    if (!first.current || hold) return;
    first.current = false;
    const title = document.title;
    const flash = setInterval(() => (document.title = document.title === title ? `● ${say("touch_title")}` : title), 1_000);
    return () => {
      clearInterval(flash);
      document.title = title;
    };
  }, [hold]);
  const go = (choice: "video" | "voice" | "listen"): void => {
    handoff.sound.unlock();
    admission.begin(choice);
  };
  return (
    <section class="screen middle">
      <Heading>{say(hold ? "hold_title" : "touch_title")}</Heading>
      <p>{say(hold ? "hold_text" : "touch_text")}</p>
      <div class="actions">
        <Action onPress={() => go(media.value ?? "video")}>{say(hold ? "hold_go" : "touch_go")}</Action>
        {media.value === "video" && (
          <Action kind="second" onPress={() => go("voice")}>
            {say("touch_voice")}
          </Action>
        )}
      </div>
    </section>
  );
}
