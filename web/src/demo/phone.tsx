/** A patient's phone: the texts that the clinic sent, and the answers. */
import { useEffect, useRef, useState } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock, viewerZone } from "../lib/time";
import { Message, Tick, Up } from "../staff/icons";
import { words } from "../staff/words";
import type { DemoStore } from "./store";
import { pieces, thread } from "./thread";
import type { DemoSms } from "./types";

const QUICK = ["1", "2", "3"];

export function Linked({ text }: { text: string }) {
  return (
    <>
      {pieces(text).map((piece, at) =>
        piece.href ? (
          <a key={at} href={piece.href} target="_blank" rel="noopener noreferrer">
            {piece.text.replace(/^https?:\/\//, "")}
          </a>
        ) : (
          <span key={at}>{piece.text}</span>
        ),
      )}
    </>
  );
}

export function PhoneView({ store }: { store: DemoStore }) {
  const w = words.value.demo;
  const phone = store.shownPhone.value;
  const state = store.state.value;
  const bubbles = phone && state ? thread(state.sms, phone.number) : [];
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = end.current;
    if (box) box.scrollTop = box.scrollHeight;
  }, [bubbles.length, phone?.number]);
  return (
    <section class="panel-box phone" aria-labelledby="phone-title">
      <header class="panel-head">
        <Message />
        <h2 id="phone-title">{w.phone}</h2>
        {store.phones.value.length > 1 ? (
          <select aria-label={w.phoneOf} value={phone?.number ?? ""} onChange={(event) => (store.phone.value = event.currentTarget.value)}>
            {store.phones.value.map((one) => (
              <option key={one.number} value={one.number}>
                {one.name ? `${one.name}, ${one.number}` : one.number}
              </option>
            ))}
          </select>
        ) : (
          <span class="quiet">{phone && (phone.name ? `${phone.name}, ${phone.number}` : phone.number)}</span>
        )}
      </header>
      <div class="thread" ref={end} role="log" aria-label={w.phone} tabIndex={0}>
        {bubbles.length === 0 && <p class="empty">{w.noSms}</p>}
        {bubbles.map((bubble) => (
          <BubbleView key={bubble.id} sms={bubble} zone={state?.zone ?? viewerZone()} />
        ))}
        {state?.calls
          .filter((call) => call.to === phone?.number)
          .map((call) => (
            <p key={call.id} class="bubble bubble-in" dir="auto">
              <strong>{call.ended ? w.rang : w.rings}</strong> {call.words}
            </p>
          ))}
      </div>
      <ReplyBar store={store} number={phone?.number ?? null} name={phone?.name || phone?.number || ""} />
    </section>
  );
}

function BubbleView({ sms, zone }: { sms: DemoSms; zone: string }) {
  const w = words.value.demo;
  if (sms.direction === "inbound") {
    return (
      <p class="bubble bubble-out" dir="auto">
        <span class="sr-only">{w.you}: </span>
        {sms.body}
      </p>
    );
  }
  return (
    <div class="bubble-in-wrap">
      <p class="bubble bubble-in" dir="auto">
        <Linked text={sms.body} />
      </p>
      <p class="bubble-note">
        <Tick /> {w.delivered(clock(tag.value, sms.at, zone))}, {w.parts(sms.segments)}
      </p>
    </div>
  );
}

function ReplyBar({ store, number, name }: { store: DemoStore; number: string | null; name: string }) {
  const w = words.value.demo;
  const [text, setText] = useState("");
  const [failed, setFailed] = useState(false);
  const send = (body: string): void => {
    if (!number || !body.trim()) return;
    store.reply(number, body.trim()).then(
      () => {
        setText("");
        setFailed(false);
      },
      () => setFailed(true),
    );
  };
  return (
    <form
      class="reply"
      onSubmit={(event) => {
        event.preventDefault();
        send(text);
      }}
    >
      {QUICK.map((digit) => (
        <button type="button" key={digit} class="button" aria-label={w.quick(digit)} disabled={!number} onClick={() => send(digit)}>
          {digit}
        </button>
      ))}
      <input
        type="text"
        aria-label={w.reply(name)}
        placeholder={w.reply(name)}
        value={text}
        disabled={!number}
        autocomplete="off"
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="button button-main button-square" aria-label={w.send} disabled={!number || !text.trim()}>
        <Up />
      </button>
      {failed && (
        <p class="fault" role="alert">
          {w.replyFailed}
        </p>
      )}
    </form>
  );
}
