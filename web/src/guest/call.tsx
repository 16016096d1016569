/** A guest in the call: everybody in a picture of the same size, and nothing of one's own before a tap. Loaded when they are let in. */
import { computed, effect, signal, untracked, type ReadonlySignal } from "@preact/signals";
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { closeStream, openDevices } from "../call/devices";
import { GuestTiles, type Tile } from "../call/guest-tiles";
import { joinCall, type JoinedCall } from "../call/join";
import type { Api } from "../lib/api";
import { phoneHref } from "../door/form";
import type { Live } from "../lib/live";
import { locale } from "../lib/i18n";
import { fill, isolate } from "../lib/text";
import type { CallSeat, MediaChoice } from "../lib/types";
import type { GuestMessages } from "../messages/guest.en";
import { IN_VISIT } from "../messages/in-visit";
import { Icon } from "../patient/icons";
import { Round } from "../patient/round";
import "../call/in-visit.css";
import "../styles/room-call.css";

export type Who = "patient" | "provider" | "member" | "colleague" | "interpreter" | "family" | "trainee";

export interface InCall {
  call: CallSeat & { people: Record<string, Who> };
  with?: string | undefined;
  muted: boolean;
  aside: boolean;
  apart: boolean;
  held: boolean;
  /** The two go on by telephone. */
  telephone: boolean;
}

export type Say = (key: keyof GuestMessages, values?: Record<string, string>) => string;

export interface Stage {
  update(view: InCall): void;
  /** Out of the call: everything of ours is closed, and the page is its owner's again. */
  close(): void;
}

class Seat {
  readonly joined = signal<JoinedCall | null>(null);
  readonly own = signal<MediaStream | null>(null);
  readonly muted = signal(false);
  readonly cameraOn = signal(false);
  readonly failed = signal(false);
  readonly left = signal(false);
  #media: MediaChoice = "video";
  #closed = false;

  constructor(
    readonly api: Api,
    readonly live: Live,
    readonly view: ReadonlySignal<InCall>,
  ) {}

  async enter(media: MediaChoice): Promise<void> {
    this.#media = media;
    this.left.value = false;
    await this.#open();
    if (this.#closed) return;
    const joined = joinCall(this.api, this.live, this.view.peek().call, { holdWhileHidden: true });
    this.joined.value = joined;
    joined.attach(effect(() => joined.call.setAside(this.view.value.aside || this.view.value.apart)));
    const held = computed(() => this.view.value.held);
    joined.attach(effect(() => {
      const paused = held.value;
      untracked(() => void joined.call.pause(paused));
    }));
    await joined.call.start(this.own.peek());
  }

  /** Opens the devices again: from a tap, or because a track ended (a phone call, a pulled cable). */
  async again(): Promise<void> {
    await this.#open();
    await this.joined.peek()?.call.start(this.own.peek());
  }

  async #open(): Promise<void> {
    closeStream(this.own.peek());
    this.own.value = null;
    const wish = { video: this.#media === "video", audio: this.#media !== "listen" };
    const { stream, camera, microphone } = await openDevices(wish);
    if (this.#closed) return closeStream(stream);
    this.own.value = stream;
    this.muted.value = false;
    this.cameraOn.value = camera === "ok";
    this.failed.value = (wish.video && camera !== "ok") || (wish.audio && microphone !== "ok");
    for (const track of stream?.getTracks() ?? []) track.addEventListener("ended", () => document.visibilityState === "visible" && void this.again());
  }

  mute(): void {
    this.muted.value = !this.muted.peek();
    this.joined.peek()?.call.setMuted(this.muted.peek());
  }

  async camera(): Promise<void> {
    if ((this.own.peek()?.getVideoTracks().length ?? 0) === 0) {
      this.#media = "video";
      return this.again();
    }
    this.cameraOn.value = !this.cameraOn.peek();
    this.joined.peek()?.call.setCamera(this.cameraOn.peek());
  }

  leave(): void {
    this.joined.peek()?.leave();
    this.joined.value = null;
    closeStream(this.own.peek());
    this.own.value = null;
    this.left.value = true;
  }

  close(): void {
    this.#closed = true;
    this.leave();
  }
}

export function openStage(root: HTMLElement, api: Api, live: Live, say: Say, first: InCall): Stage {
  const view = signal(first);
  const seat = new Seat(api, live, view);
  const gone = (): void => seat.joined.peek()?.call.close();
  addEventListener("pagehide", gone);
  // Whoever has another picture open of this link is the one who is seen.
  const stop = effect(() => {
    if (live.state.value === "fenced" || live.state.value === "refused") seat.leave();
  });
  root.replaceChildren();
  root.ariaLive = "off"; // a call is not read out whole whenever something moves
  render(<Page seat={seat} view={view} say={say} />, root);
  return {
    update: (next) => void (view.value = next),
    close: () => {
      stop();
      removeEventListener("pagehide", gone);
      seat.close();
      render(null, root);
      root.ariaLive = "polite";
    },
  };
}

interface Props {
  seat: Seat;
  view: ReadonlySignal<InCall>;
  say: Say;
}

function Page(props: Props) {
  return props.seat.joined.value ? <Inside {...props} joined={props.seat.joined.value} /> : <Door {...props} />;
}

function Door({ seat, say }: Props) {
  const [busy, setBusy] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const enter = (media: MediaChoice): void => {
    if (busy) return;
    setBusy(true);
    void seat.enter(media).finally(() => setBusy(false));
  };
  return (
    <section class="screen">
      <h1 tabIndex={-1} ref={heading}>
        {say(seat.left.value ? "left_title" : "call_title")}
      </h1>
      <p role="status">{say(busy ? "one_moment" : "call_text")}</p>
      <div class="actions">
        <button type="button" class="button" aria-disabled={busy} onClick={() => enter("video")}>
          {say(seat.left.value ? "left_back" : "call_join")}
        </button>
        <button type="button" class="button second" aria-disabled={busy} onClick={() => enter("voice")}>
          {say("call_voice")}
        </button>
        <button type="button" class="button plain" aria-disabled={busy} onClick={() => enter("listen")}>
          {say("call_listen")}
        </button>
      </div>
    </section>
  );
}

function Inside({ seat, view, say, joined }: Props & { joined: JoinedCall }) {
  const { call } = joined;
  const here = view.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.documentElement.classList.add("in-call");
    heading.current?.focus();
    return () => document.documentElement.classList.remove("in-call");
  }, []);
  const nameOf = (who: Who): string => (who === "provider" && here.with ? here.with : say(`who_${who}`));
  const tiles = call.everybody.value.flatMap((other): Tile[] => {
    const who = here.call.people[other.seat];
    if (!who) return [];
    const dark = other.sends.started && !other.sends.video;
    return [{ other, name: nameOf(who), words: dark ? [say("no_picture")] : [], label: say("tile", { name: isolate(nameOf(who)) }), speaks: call.speaker.value === other.seat }];
  });
  const doctor = { name: isolate(nameOf("provider")) };
  const state = call.state.value;
  const notes = [
    state === "blocked" ? say("blocked") : state === "reconnecting" ? say("again_soon") : tiles.length === 0 ? say("connecting") : "",
    here.aside ? say("aside", doctor) : here.apart ? say("apart", doctor) : "",
    here.muted ? say("muted_by") : "",
    here.telephone ? say("telephone") : "",
  ].filter(Boolean);
  return (
    <section class="call">
      <div class="stage">
        <header class="status">
          <h1 tabIndex={-1} ref={heading}>
            {say("call_with")}
          </h1>
          <p role="status">{notes.join(" ")}</p>
        </header>
        <GuestTiles tiles={tiles} grid />
        {here.held && (
          <div class="on-hold" role="status">
            <h2>{fill(IN_VISIT[locale.value].holdTitle, doctor)}</h2>
            <p>{IN_VISIT[locale.value].holdText}</p>
          </div>
        )}
        {seat.own.value && seat.cameraOn.value && <Own stream={seat.own.value} label={say("you")} />}
        {seat.failed.value && (
          <div role="alert" class="trouble">
            <p>
              {say("device_failed")}{" "}
              <button type="button" onClick={() => void seat.again()}>
                {say("try_devices")}
              </button>
            </p>
          </div>
        )}
      </div>
      <div class="foot">
        <div class="controls">
          <Round icon={seat.muted.value ? "micOff" : "mic"} word={say(seat.muted.value ? "unmute" : "mute")} on={seat.muted.value} onPress={() => seat.mute()} />
          <Round icon={seat.cameraOn.value ? "camera" : "cameraOff"} word={say(seat.cameraOn.value ? "camera" : "camera_off")} on={!seat.cameraOn.value} onPress={() => void seat.camera()} />
          <Round icon="hang" word={say("leave")} end onPress={() => seat.leave()} />
        </div>
        <div class="peek">
          <a href={phoneHref()}>
            <Icon name="phone" />
            {say("call_clinic")}
          </a>
        </div>
      </div>
    </section>
  );
}

function Own({ stream, label }: { stream: MediaStream; label: string }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return <video ref={video} class="self" playsInline autoplay muted aria-label={label} />;
}
