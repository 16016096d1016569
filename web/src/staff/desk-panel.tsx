/** One person at the desk: what stands in the way, what to say, and everything that helps. */
import { useEffect, useRef } from "preact/hooks";
import { locale, tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { COMPANY } from "../messages/company";
import { Identifiers, Facts } from "./card";
import type { DeskStore } from "./desk-store";
import { now } from "./clock";
import { Guests } from "./guest-dialog";
import { Back, Phone } from "./icons";
import { Kbd } from "./shell";
import { ReachSlot } from "./reach-slot";
import { cameraWord, microphoneWord } from "./ready";
import { isDone } from "./sections";
import { mayJoin, maySendStep, refusedBefore, stuckOf, type Stuck } from "./stuck";
import type { Row } from "./types";
import { deskWords, words } from "./words";

/** The cause in words, and the line under it. */
export function causeOf(one: Stuck, zone: string): { title: string; detail: string; tone: string } {
  const w = deskWords.value;
  const { row } = one;
  const found = refusedBefore(row);
  const handset = w.handsets[row.link.handset ?? ""] ?? "";
  const refused = found ? w.refused(found.device, w.refusal[found.cause] ?? found.cause, handset) : "";
  const device = one.cause === "microphone" ? microphoneWord(row) : one.cause === "camera" ? cameraWord(row) : null;
  const title = device ?? w.causes[one.cause](refused);
  const at = w.atTime(clock(tag.value, row.start, zone));
  const app = w.appNames[row.link.in_app ?? ""];
  const detail = one.cause === "in-app" && app ? w.inApp(app) : row.entry || row.link.opened_at || one.minutes > 0 ? `${w.since(one.minutes)}. ${at}` : at;
  return { title, detail, tone: one.tone };
}

export function DeskPanel({ store, keys }: { store: DeskStore; keys: boolean }) {
  const w = deskWords.value;
  const row = store.selected.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), [row?.id]);
  if (!row) return <p class="card-empty">{w.choose}</p>;
  const one = stuckOf(row, now.value);
  const cause = one && causeOf(one, store.zone);
  const assist = row.assist;
  return (
    <div class="card">
      <button type="button" class="button narrow-only" onClick={() => store.select(null)}>
        <Back /> {words.value.common.back}
      </button>
      <p class="card-when">{words.value.card.booked(clock(tag.value, row.start, store.zone), row.provider.name)}</p>
      <h2 class="card-name" tabIndex={-1} ref={heading}>
        <bdi>{row.person.name}</bdi>
      </h2>
      <Identifiers row={row} />
      {cause && (
        <div class={one.tone === "bad" ? "notice notice-coral" : "notice notice-amber"}>
          <p>
            <strong>{cause.title}</strong> {cause.detail}
          </p>
        </div>
      )}
      {assist && <p class="card-check">{w.assisted[assist.act](assist.by, clock(tag.value, assist.at, store.zone))}</p>}
      {one && <Steps one={one} />}
      {row.first && !row.entry && row.link.checked_at && !refusedBefore(row) && <p class="word-good">{w.rehearsed}</p>}
      <Helps store={store} row={row} keys={keys} />
      <Guests store={store} row={row} />
      <p role="status" class="card-check">
        {store.said.value}
      </p>
      <ReachSlot key={row.id} session={store.session} appointmentId={row.id} personId={row.person.id} zone={store.zone} />
      <Facts row={row} zone={store.zone} />
    </div>
  );
}

/** What to read out on the telephone, for this obstacle. */
function Steps({ one }: { one: Stuck }) {
  const w = deskWords.value;
  const which = one.cause === "in-app" || one.cause === "rehearse" ? one.cause : /camera|microphone|refused/.test(one.cause) ? "camera" : "general";
  if (one.cause === "urgent" || one.cause === "unseen" || one.cause === "long-wait") return null;
  return (
    <section class="steps">
      <h3>{w.steps}</h3>
      <ol>
        {w.stepsFor[which].map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {one.cause === "rehearse" && <p class="quiet">{w.rehearsing}</p>}
    </section>
  );
}

function Helps({ store, row, keys }: { store: DeskStore; row: Row; keys: boolean }) {
  const w = deskWords.value;
  const number = store.number.value;
  if (isDone(row)) return null;
  return (
    <div class="helps">
      {number ? (
        <>
          <a class="button button-main" href={`tel:${number.phone}`}>
            <Phone /> <bdi>{w.number(number.shown)}</bdi>
          </a>
          {number.others_may_read && <p class="word-warn">{w.shared}</p>}
        </>
      ) : (
        <button type="button" class="button" disabled={store.busy.value} onClick={() => void store.ring(row)}>
          <Phone /> {w.ring} {keys && <Kbd>R</Kbd>}
        </button>
      )}
      <button type="button" class="button" disabled={store.busy.value} onClick={() => void store.freshLink(row)}>
        {COMPANY[locale.value].fresh}
      </button>
      {maySendStep(row) && (
        <button type="button" class="button" disabled={store.busy.value} onClick={() => void store.nextStep(row)}>
          {w.nextStep} {keys && <Kbd>S</Kbd>}
        </button>
      )}
      {mayJoin(row) && (
        <>
          <button type="button" class="button" disabled={store.busy.value} aria-describedby="join-hint" onClick={() => void store.join(row)}>
            {w.join} {keys && <Kbd>J</Kbd>}
          </button>
          <p class="hint" id="join-hint">
            {w.joinHint}
          </p>
        </>
      )}
      {row.entry?.media !== "phone" && (
        <>
          <button type="button" class="button" disabled={store.busy.value} aria-describedby="to-phone-hint" onClick={() => void store.toPhone(row)}>
            <Phone /> {w.toPhone} {keys && <Kbd>P</Kbd>}
          </button>
          <p class="hint" id="to-phone-hint">
            {w.toPhoneHint}
          </p>
        </>
      )}
    </div>
  );
}
