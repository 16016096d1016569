import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import "../styles/waiting-more.css";
import { Problem } from "../lib/api";
import { number, tag } from "../lib/i18n";
import { isolate } from "../lib/text";
import { clock, viewerZone } from "../lib/time";
import { Action, phoneHref, Trouble, useStore, useWords } from "./context";
import { Icon, type IconName } from "./icons";
import { Late } from "./late";
import { ready, spoken, useMore, type Plain } from "./more-words";
import { initials } from "./names";
import type { RoomStore } from "./store";
import { Reachable } from "./reachable";
import { open, type Sheet } from "./sheet";
import { Summary } from "./summary";
import { Tell as Push } from "./tell";
import { Throttle } from "./throttle";
import { measure, verdictOf, type Measured } from "./verdict";

export { ready, speakMore } from "./more-words";

/** What whoever waits may want besides waiting. Loaded after the line is drawn, so that the line is never later for it. */

/** What became of the press on "I feel worse" here; the server's own word is in the view. */
const telling = signal<"idle" | "telling" | "failed">("idle");

/** Minutes from now to an instant, never negative. */
export function minutesTo(instant: string, now: number): number {
  return Math.max(0, Math.round((Date.parse(instant) - now) / 60_000));
}

/** The line as a picture. The heading says the same in words, so it is hidden from screen readers. */
export function Line({ position }: { position: number }) {
  const { view } = useStore();
  const { say, nth } = useWords();
  const doctor = view.value.appointment.with;
  const ahead = Math.max(0, position - 1);
  const shown = Array.from({ length: Math.min(ahead, 2) }, (_, index) => Math.min(ahead, 2) - index);
  return (
    <ol class="line" aria-hidden="true">
      <li class="me">
        <span>
          <Icon name="person" />
        </span>
        {say("you")}
      </li>
      {ahead > 2 && <li class="more">…</li>}
      {shown.map((place) => (
        <li key={place}>
          <span>
            <Icon name="person" />
          </span>
          {nth("place", place)}
        </li>
      ))}
      <li class="doctor">
        <span>{initials(doctor)}</span>
        <bdi>{doctor}</bdi>
      </li>
    </ol>
  );
}

/** "About 12 minutes (8 to 19)": half of such waits end before the first number of the span (p50), eight of ten before the second (p80);
 * what is said first lies between them, because the middle alone is too early for every other person. */
export function Forecast() {
  return (
    <>
      <Range />
      <Late />
    </>
  );
}

const group = signal<typeof import("./group") | null>(null);

/** Whoever comes with others is told so, and chooses what they see of the name. */
function Together() {
  const own = useStore().view.value.group;
  useEffect(() => void (own && import("./group").then((part) => (group.value = part))), [!own]);
  return own && group.value ? <group.value.GroupCard group={own} /> : null;
}

/** Above what is in reach: whoever is not in line yet hears of lateness here. */
export function Tell() {
  const { stage } = useStore().view.value;
  return (
    <>
      {(stage === "early" || stage === "open") && <Late />}
      <Push />
      <Together />
    </>
  );
}

function Range() {
  const { view, minute } = useStore();
  const { say, count } = useMore();
  const entry = view.value.entry;
  const forecast = entry?.forecast;
  if (entry?.media === "phone") return <p>{say("by_phone")}</p>;
  if (!forecast || !ready.value) return null;
  const now = minute.value;
  const [from, to] = [forecast.p50, forecast.p80].map((instant) => minutesTo(instant, now)) as [number, number];
  const about = Math.round((from + to) / 2);
  const digits = (n: number): string => number(tag.value, n);
  return (
    <p class="about">
      <strong>{about < 1 ? say("soon") : count("about", about)}</strong>
      {to > from && to > 1 && <span>({say("range", { from: digits(from), to: digits(to) })})</span>}
    </p>
  );
}

/** Ten seconds between two announcements: whoever listens hears where they stand, not each step of others. */
const SAID_APART_MS = 10_000;

/** Why the place got worse; and, for whoever listens, the place with it, in a polite live region. */
export function Why({ title }: { title: string }) {
  const { say } = useMore();
  const code = useStore().view.value.entry?.why?.code;
  const key = `why_${(code ?? "").replaceAll("-", "_")}` as Plain;
  const why = code && ready.value && key in spoken.value.words ? say(key) : "";
  const [said, setSaid] = useState("");
  const throttle = useRef<Throttle | null>(null);
  throttle.current ??= new Throttle(SAID_APART_MS, setSaid);
  useEffect(() => throttle.current?.offer(`${title} ${why}`.trim()), [title, why]);
  useEffect(() => () => throttle.current?.stop(), []);
  return (
    <>
      {why && <p>{why}</p>}
      <p class="spoken" role="status" aria-live="polite">
        {said}
      </p>
    </>
  );
}

/** Somebody who waits elsewhere, and the way back. */
export function Elsewhere() {
  const store = useStore();
  const { say, count } = useMore();
  const elsewhere = store.view.value.entry?.elsewhere;
  if (!elsewhere) return null;
  return (
    <div class="notice" role="status">
      <p>{elsewhere.summoned_at ? say("summoned") : count("elsewhere_on", elsewhere.minutes)}</p>
      <button type="button" class="pill" onClick={() => void store.act("/v1/my/elsewhere", { minutes: null })}>
        {say("back_here")}
      </button>
    </div>
  );
}

/** What was agreed with whoever could not wait. */
export function LeftAs() {
  const { say } = useMore();
  const left = useStore().view.value.entry?.left_as;
  return left ? (
    <p class="notice" role="status">
      {say(left === "phone" ? "left_phone" : "left_rebook")}
    </p>
  ) : null;
}

/** The lines of the card. */
export function Items() {
  const { view } = useStore();
  const { say } = useMore();
  if (!ready.value) return null;
  const item = (sheet: Sheet, icon: IconName, title: string, hint = "") => <Reachable icon={icon} title={title} hint={hint} onPress={() => (open.value = sheet)} />;
  return (
    <>
      {!view.value.entry?.elsewhere && item("elsewhere", "place", say("elsewhere"), say("elsewhere_hint"))}
      {item("check", "camera", say("check"), say("check_hint"))}
      {item("cant", "door", say("cant_wait"))}
    </>
  );
}

/** The clinic is told and the advice stands there, both at once: neither waits for the other. */
export function worse(store: RoomStore): void {
  open.value = "worse";
  telling.value = "telling";
  store.handoff.api.post<RoomStore["view"]["value"]>("/v1/my/feel-worse", {}).then(
    (view) => {
      telling.value = "idle";
      store.take(view);
    },
    (error: unknown) => {
      telling.value = "failed";
      if (!(error instanceof Problem)) console.error(error);
    },
  );
}

const ANSWERS = [1, 2, 3] as const;

/** After the visit: what the provider wrote, and two questions. */
export function Survey() {
  return (
    <>
      <Summary />
      <TwoTaps />
    </>
  );
}

/** Two taps. The second one sends both. */
function TwoTaps() {
  const store = useStore();
  const { say } = useMore();
  const [ease, setEase] = useState(0);
  const answered = store.view.value.visit.surveyed === true;
  if (!ready.value) return null;
  if (answered) return <p role="status">{say("survey_thanks")}</p>;
  const ask = (title: Plain, chosen: number, onPress: (n: number) => void) => (
    <fieldset class="survey">
      <legend>{say(title)}</legend>
      <div class="choices three">
        {ANSWERS.map((n) => (
          <button type="button" key={n} class="choice" aria-pressed={chosen === n} onClick={() => onPress(n)}>
            {say(`survey_${n}`)}
          </button>
        ))}
      </div>
    </fieldset>
  );
  return (
    <section class="card survey-card" aria-label={say("survey_title")}>
      {ask("survey_ease", ease, setEase)}
      {ease > 0 && ask("survey_helped", 0, (helped) => void store.act("/v1/my/survey", { ease, helped }))}
      <Trouble />
    </section>
  );
}

export function Sheets() {
  switch (open.value) {
    case "worse":
      return <Worse />;
    case "elsewhere":
      return <HowFar />;
    case "cant":
      return <CantWait />;
    case "check":
      return <Check />;
    case null:
      return null;
  }
}

function Dialog({ title, children }: { title: string; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    box.current?.showModal();
    return () => box.current?.close();
  }, []);
  return (
    <dialog ref={box} aria-labelledby="sheet-title" onClose={() => (open.value = null)}>
      <h2 id="sheet-title">{title}</h2>
      {children}
    </dialog>
  );
}

function Worse() {
  const { view } = useStore();
  const { say } = useMore();
  const { practice, alert } = view.value;
  const call = practice.emergency_number;
  const values = { number: isolate(call) };
  const told = alert && say("worse_told", { time: clock(tag.value, alert.at, viewerZone()) });
  const seen = alert?.state === "accepted" || alert?.state === "completed";
  return (
    <Dialog title={call ? say("worse_title", values) : say("worse_plain")}>
      <ul class="signs">
        {([1, 2, 3, 4, 5] as const).map((n) => (
          <li key={n}>{say(`worse_${n}`)}</li>
        ))}
      </ul>
      {call && (
        <a class="button alarm" href={`tel:${call}`}>
          {say("worse_call", values)}
        </a>
      )}
      <p role="status" class="told">
        {telling.value === "failed" ? say("worse_failed") : telling.value === "telling" ? say("worse_telling") : seen ? say("worse_taken") : told}
      </p>
      {telling.value === "failed" && (
        <a class="button second" href={phoneHref()}>
          <Icon name="phone" /> {view.value.practice.name}
        </a>
      )}
      <Action kind="plain" onPress={() => (open.value = null)}>
        {say("close")}
      </Action>
    </Dialog>
  );
}

const FAR = [5, 10, 20, 30, 60];

function HowFar() {
  const store = useStore();
  const { say, count } = useMore();
  const go = async (minutes: number): Promise<void> => {
    if (await store.act("/v1/my/elsewhere", { minutes })) open.value = null;
  };
  return (
    <Dialog title={say("elsewhere_title")}>
      <p>{say("elsewhere_text")}</p>
      <div class="choices">
        {FAR.map((minutes) => (
          <button type="button" key={minutes} class="choice" onClick={() => void go(minutes)}>
            {count("minutes", minutes)}
          </button>
        ))}
      </div>
      <Trouble />
      <Action kind="plain" onPress={() => (open.value = null)}>
        {say("close")}
      </Action>
    </Dialog>
  );
}

function CantWait() {
  const store = useStore();
  const { say } = useMore();
  const ask = async (wish: "rebook" | "phone" | null): Promise<void> => {
    const done = wish ? store.act("/v1/my/cannot-wait", { wish }) : store.leaveLine();
    if (await done) open.value = null;
  };
  const choice = (title: Plain, hint: Plain, wish: "rebook" | "phone" | null) => (
    <button type="button" class="choice wide" onClick={() => void ask(wish)}>
      {say(title)}
      <small>{say(hint)}</small>
    </button>
  );
  return (
    <Dialog title={say("cant_title")}>
      <p>{say("cant_text")}</p>
      <div class="choices">
        {choice("rebook", "rebook_hint", "rebook")}
        {choice("ring_me", "ring_me_hint", "phone")}
        {choice("just_leave", "just_leave_hint", null)}
      </div>
      <Trouble />
      <Action onPress={() => (open.value = null)}>{say("stay")}</Action>
    </Dialog>
  );
}

function Check() {
  const store = useStore();
  const { say } = useMore();
  const [found, setFound] = useState<Measured | null>(null);
  const [round, again] = useState(0);
  useEffect(() => {
    let here = true;
    setFound(null);
    void measure(store.view.peek().call).then((measured) => {
      const { camera, microphone } = measured;
      // The board shows how it stands now; the check is worth something to the person also without it.
      void store.handoff.api.post("/v1/my/readiness", { media: store.media.peek() ?? "video", camera, microphone }).catch(() => undefined);
      if (here) setFound(measured);
    });
    return () => void (here = false);
  }, [round]);
  const judged = found && verdictOf(found);
  const digits = (n: number): string => new Intl.NumberFormat(tag.value, { maximumFractionDigits: 1 }).format(n);
  return (
    <Dialog title={say("check")}>
      <div role="status">
        {!found || !judged ? (
          <p>{say("checking")}</p>
        ) : (
          <>
            <p class={`verdict ${judged.verdict}`}>
              <Icon name={judged.verdict === "video" ? "camera" : judged.verdict === "audio" ? "mic" : "phone"} />
              <strong>{say(`verdict_${judged.verdict}`)}</strong>
            </p>
            <p>{say(judged.reason === "ok" ? "verdict_video_text" : (`verdict_${judged.verdict}_${judged.reason}` as Plain))}</p>
            {found.kbps > 0 && <p class="quiet">{say("measured", { speed: digits(found.kbps / 1_000), delay: digits(Math.round(found.delay)) })}</p>}
          </>
        )}
      </div>
      {judged?.verdict === "phone" && <Action onPress={() => (open.value = "cant")}>{say("ring_me")}</Action>}
      {found && (
        <Action kind="second" onPress={() => again(round + 1)}>
          {say("again")}
        </Action>
      )}
      <Action kind="plain" onPress={() => (open.value = null)}>
        {say("close")}
      </Action>
    </Dialog>
  );
}
