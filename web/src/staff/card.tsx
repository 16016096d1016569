/** Who is next (or chosen): two identifiers, consent, needs, devices, and the one primary action. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { locale, tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { COMPANY } from "../messages/company";
import type { BoardStore } from "./board-store";
import { now } from "./clock";
import { Company } from "./company";
import type { KeyMap } from "./keymap";
import { Back, Camera, Consent, Mail, Message, Phone, Talk, Warning, Who } from "./icons";
import { cameraWord, interpreterWord, microphoneWord } from "./ready";
import { acuityOf, age, isDone, isMine, isQueued, isUrgent, roomOf } from "./sections";
import { Kbd } from "./shell";
import { isTogether, useTogether } from "./together-slot";
import type { Row } from "./types";
import { birthDate, lineWords, words } from "./words";

interface FactProps {
  icon: ComponentChildren;
  title: string;
  detail: string;
  word?: string;
  tone?: "good" | "warn" | "bad" | "quiet";
}

function Fact({ icon, title, detail, word, tone = "quiet" }: FactProps) {
  return (
    <li class="fact">
      {icon}
      <span class="fact-text">
        <span>{title}</span>
        <span>{detail}</span>
      </span>
      {word && <span class={`fact-word word-${tone}`}>{word}</span>}
    </li>
  );
}

/** Everything about the person except the action; the call's Visit tab shows the same. */
export function Facts({ row, zone }: { row: Row; zone: string }) {
  const w = words.value;
  const at = (instant: string): string => clock(tag.value, instant, zone);
  const entry = row.entry;
  const devices = entry ? `${microphoneWord(row)}. ${cameraWord(row)}.` : w.card.devicesUnknown;
  const works = entry && (entry.media === "phone" || entry.microphone === "ok" && (entry.camera === "ok" || entry.media !== "video"));
  const interpreter = interpreterWord(row);
  const others = row.person.needs.filter((need) => need.kind !== "interpreter" && need.kind !== "signing");
  const sms = row.delivery.sms;
  return (
    <ul class="facts">
      <Fact
        icon={<Talk />}
        title={w.common.language(row.person.language)}
        detail={interpreter ? `${w.needs.interpreter}: ${interpreter}` : w.ready.noInterpreter}
      />
      {others.map((need) => (
        <Fact key={need.kind} icon={<Who />} title={w.needs[need.kind]} detail={need.detail ?? w.card.needNoted} />
      ))}
      <Fact
        icon={<Consent />}
        title={w.card.consent}
        detail={row.consent ? w.card.consentAt(at(row.consent.at)) : w.card.consentNot}
        word={row.consent ? w.card.given : w.card.missing}
        tone={row.consent ? "good" : "warn"}
      />
      <Fact
        icon={<Camera />}
        title={entry?.media === "phone" ? lineWords.value.phone.title : entry?.media === "voice" ? w.card.voice : entry?.media === "listen" ? w.card.listen : w.card.devices}
        detail={devices}
        {...(entry ? { word: works ? w.card.works : w.card.look, tone: works ? ("good" as const) : ("bad" as const) } : {})}
      />
      <Fact
        icon={<Mail />}
        title={w.card.link}
        detail={row.link.opened_at ? w.card.opened(at(row.link.opened_at)) : w.card.notOpened}
        {...(sms ? { word: deliveryWord(sms), tone: sms === "failed" ? ("bad" as const) : ("quiet" as const) } : {})}
      />
    </ul>
  );
}

export function deliveryWord(state: string): string {
  const known: Record<string, string> = words.value.delivery;
  return known[state] ?? state;
}

/** `(68)`, said as "68 years". */
function Age({ date }: { date: string }) {
  const years = age(date, now.value);
  return (
    <span>
      <span aria-hidden="true">({new Intl.NumberFormat(tag.value).format(years)})</span>
      <span class="sr-only">{words.value.common.years(years)}</span>
    </span>
  );
}

export function Identifiers({ row }: { row: Row }) {
  const w = words.value;
  return (
    <dl class="identifiers">
      <div>
        <dt>{w.card.born}</dt>
        <dd>
          {birthDate(row.person.birth_date)} <Age date={row.person.birth_date} />
        </dd>
      </div>
      <div>
        <dt>{w.card.number}</dt>
        <dd>{row.person.number || w.card.noNumber}</dd>
      </div>
    </dl>
  );
}

export function Card({ store, keys, onBack }: { store: BoardStore; keys: KeyMap; onBack: () => void }) {
  const w = words.value;
  const row = store.selected.value;
  const heading = useRef<HTMLHeadingElement>(null);
  const open = store.open.value;
  useEffect(() => {
    if (open && heading.current?.offsetParent) heading.current.focus({ preventScroll: true });
  }, [open, row?.id]);
  const part = useTogether(isTogether(row));
  if (!row) return <p class="card-empty">{w.card.empty}</p>;
  const zone = store.board.practice.zone;
  const mine = isMine(row, store.lanes.value);
  const time = clock(tag.value, row.start, zone);
  const isNext = store.next.value?.id === row.id;
  const by = mine ? w.card.withYou : row.provider.name;
  return (
    <div class="card">
      <button type="button" class="button narrow-only" onClick={onBack}>
        <Back /> {w.card.backToBoard}
      </button>
      <p class="card-when">{isNext ? w.card.next(time, by) : w.card.booked(time, by)}</p>
      <h2 class="card-name" tabIndex={-1} ref={heading}>
        <bdi>{row.person.name}</bdi>
      </h2>
      <p class="card-reason">{row.reason || w.board.noReason}</p>
      <Identifiers row={row} />
      {isUrgent(row) && (
        <div class="notice notice-coral">
          <p>
            <strong>{lineWords.value.acuity(acuityOf(row))}</strong> <bdi>{row.entry?.triage_note}</bdi>
          </p>
        </div>
      )}
      {row.entry?.handover && (
        <div class="notice notice-calm">
          <p>
            <strong>{lineWords.value.handOver.by(row.entry.handover.by)}</strong> <bdi>{row.entry.handover.note}</bdi>
          </p>
        </div>
      )}
      <p class="card-check">{w.card.check}</p>
      <Facts row={row} zone={zone} />
      <Company store={store} row={row} />
      {part && <part.InCard store={store} row={row} keys={keys} />}
      <Actions store={store} row={row} keys={keys} />
    </div>
  );
}

function Actions({ store, row, keys }: { store: BoardStore; row: Row; keys: KeyMap }) {
  const w = words.value;
  const obstacle = store.obstacle(row);
  const why = obstacle === "not-mine" ? w.card.cannotAdmit["not-mine"](row.provider.name) : obstacle && w.card.cannotAdmit[obstacle];
  const line = store.line.joined.value;
  const warm = line?.room === roomOf(row) && line.call.state.value === "prepared";
  return (
    <div class="card-actions">
      {store.line.failed.value !== null && obstacle === null && (
        <p class="card-line word-warn">
          <Warning /> {w.card.lineFailed}
        </p>
      )}
      {obstacle ? (
        <p class="card-why">{why}</p>
      ) : (
        <>
          <p class="card-line">{warm ? w.card.prepared : w.card.preparing}</p>
          <button type="button" class="button button-main button-big" id="admit" disabled={store.busy.value === "admit"} onClick={() => void store.admit(row)}>
            <span class="admit-words">
              <span>{store.busy.value === "admit" ? w.card.admitting : w.card.admit(row.person.name)}</span>{" "}
              <small>{w.card.agree}</small>
            </span>{" "}
            <Kbd>Enter</Kbd>
          </button>
        </>
      )}
      <div class="button-pair">
        <button type="button" class="button" onClick={() => store.select(row.id, "chat")}>
          <Message /> {w.card.message} <Kbd>{keys.message.toUpperCase()}</Kbd>
        </button>
        {isQueued(row) && (
          <>
            <button type="button" class="button" onClick={() => (store.asked.value = { what: "transfer", id: row.id })}>
              {lineWords.value.handOver.button} <Kbd>{keys.transfer.toUpperCase()}</Kbd>
            </button>
            <button type="button" class="button" onClick={() => (store.asked.value = { what: "urgency", id: row.id })}>
              {lineWords.value.handOver.urgency} <Kbd>{keys.urgency.toUpperCase()}</Kbd>
            </button>
          </>
        )}
        {!isDone(row) && (
          <button type="button" class="button" onClick={() => (store.asked.value = { what: "guest", id: row.id })}>
            {COMPANY[locale.value].guests} <Kbd>{keys.guest.toUpperCase()}</Kbd>
          </button>
        )}
        {obstacle === null && row.entry?.media !== "phone" && (
          <button type="button" class="button" disabled={store.busy.value !== null} onClick={() => void store.toPhone(row)}>
            <Phone /> {lineWords.value.phone.key} <Kbd>{keys.phone.toUpperCase()}</Kbd>
          </button>
        )}
        <button type="button" class="button" onClick={() => store.seeNext()}>
          {w.card.seeNext} <Kbd>{keys.next.toUpperCase()}</Kbd>
        </button>
      </div>
    </div>
  );
}
