import { viewerZone, clock, longDate } from "../lib/time";
import { tag } from "../lib/i18n";
import { Action, Heading, phoneHref, useStore, useWords } from "./context";
import { Reach, useRest } from "./waiting";

/** When it is over, or cannot go on here. None of these is a dead end. */

export function Ended() {
  const { view } = useStore();
  const { say, when } = useWords();
  const More = useRest();
  const { started_at, ended_at } = view.value.visit;
  const at = (instant: string): string => clock(tag.value, instant, viewerZone());
  const times =
    started_at && ended_at
      ? { day: longDate(tag.value, started_at, viewerZone()), from: at(started_at), to: at(ended_at), zone: when(started_at).zone }
      : null;
  return (
    <section class="screen">
      <Heading>{say("ended_title")}</Heading>
      <p>{times ? say("ended_text", times) : say("ended_plain")}</p>
      {More && <More.Survey />}
      <h2>{say("ended_next")}</h2>
      <ol class="steps">
        <li>{say("ended_1")}</li>
        <li>{say("ended_2")}</li>
        <li>{say("ended_3")}</li>
      </ol>
      <Reach sound={false} />
    </section>
  );
}

export function Closed() {
  const { view } = useStore();
  const { say, when } = useWords();
  const at = when(view.value.appointment.start);
  return (
    <section class="screen">
      <Heading>{say("closed_title")}</Heading>
      <p>{say("closed_text", { day: at.day, time: at.clock, zone: at.zone })}</p>
      <p>{say("closed_more")}</p>
      <div class="actions">
        <a class="button" href={phoneHref()}>
          {say("call_clinic")}
        </a>
      </div>
      <Reach sound={false} />
    </section>
  );
}

export function Left() {
  const { admission, media } = useStore();
  const { say } = useWords();
  return (
    <section class="screen">
      <Heading>{say("left_title")}</Heading>
      <p>{say("left_text")}</p>
      <div class="actions">
        <Action onPress={() => admission.begin(media.value ?? "video")}>{say("left_back")}</Action>
      </div>
      <Reach sound={false} />
    </section>
  );
}

export function Fenced() {
  const store = useStore();
  const { say } = useWords();
  return (
    <section class="screen">
      <Heading>{say("fenced_title")}</Heading>
      <p>{say("fenced_text")}</p>
      <div class="actions">
        <Action onPress={() => store.useHere()}>{say("fenced_here")}</Action>
      </div>
    </section>
  );
}

export function Refused() {
  const { say } = useWords();
  return (
    <section class="screen">
      <Heading>{say("refused_title")}</Heading>
      <p>{say("refused_text")}</p>
      <div class="actions">
        <a class="button" href={phoneHref()}>
          {say("call_clinic")}
        </a>
      </div>
    </section>
  );
}
