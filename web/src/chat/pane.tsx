/** The messages of one conversation: a log that speaks politely, and a place to write. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useComputed, useSignal } from "@preact/signals";
import { isSelfSigned } from "../crypto/certs";
import type { KeyState } from "../crypto/state";
import type { Api, Role } from "../lib/api";
import { intlTag, type Locale } from "../lib/locale";
import type { Live } from "../lib/live";
import { fill } from "../lib/text";
import { clock, day, viewerZone } from "../lib/time";
import type { PatientView } from "../lib/types";
import type { ChatMessages } from "../messages/chat.en";
import "./chat.css";
import type { Chat } from "./chat";
import { Composer } from "./composer";
import type { StaffDevice } from "./device";
import { itemsOf, type Change, type Item } from "./items";
import { MessageLine } from "./line";
import { patientChat } from "./patient";

interface Common {
  conversationId: string;
  locale: Locale;
}

/** The patient's page gives its view; a staff page gives this browser's device. */
export type ChatPaneProps =
  | (Common & { role: "patient"; live: Live; api: Api; view: PatientView })
  | (Common & { role: Exclude<Role, "patient">; device: StaffDevice });

export interface Speech {
  words: ChatMessages;
  /** For `Intl`. */
  tag: string;
  zone: string;
  staff: boolean;
}

const WORDS: Record<Locale, () => Promise<{ default: ChatMessages }>> = {
  en: () => import("../messages/chat.en"),
  es: () => import("../messages/chat.es"),
  ar: () => import("../messages/chat.ar"),
};

export function ChatPane(props: ChatPaneProps) {
  const chat = useSignal<Chat | null>(null);
  const words = useSignal<ChatMessages | null>(null);
  const failed = useSignal(false);
  useEffect(() => {
    let current = true;
    const opening = props.role === "patient" ? patientChat(props.api, props.live, props.view) : props.device.chat(props.conversationId);
    opening.then(
      (open) => {
        if (current) chat.value = open;
      },
      (error: unknown) => {
        console.error("chat:", error);
        failed.value = true;
      },
    );
    return () => {
      current = false;
    };
  }, [props.conversationId]);
  useEffect(() => {
    void WORDS[props.locale]().then((module) => (words.value = module.default));
  }, [props.locale]);
  if (!words.value) return <div class="chat" aria-busy="true" />;
  const speech = {
    words: words.value,
    tag: intlTag(props.locale, navigator.languages),
    zone: viewerZone(),
    staff: props.role !== "patient",
  };
  if (!chat.value) return <p class="chat chat-note" role="status">{failed.value ? speech.words.load_failed : speech.words.loading}</p>;
  return <Opened chat={chat.value} speech={speech} phone={props.role === "patient" ? isolated(props.view.practice.phone) : ""} />;
}

/** A number keeps its order inside right-to-left words (Unicode first strong isolate). */
function isolated(phone: string): string {
  return `\u2068${phone}\u2069`;
}

function Opened({ chat, speech, phone }: { chat: Chat; speech: Speech; phone: string }) {
  const items = useComputed(() => shown(chat, speech));
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    // Who reads older lines is left there; who is at the end stays at the end. Focus is never touched.
    if (log.current && atEnd.current) log.current.scrollTop = log.current.scrollHeight;
  }, [items.value]);
  const note = noteOf(chat, speech, phone);
  return (
    <div class={speech.staff ? "chat chat-staff" : "chat"}>
      <div
        class="chat-log"
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-label={speech.words.log}
        tabIndex={0}
        ref={log}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          atEnd.current = scrollHeight - scrollTop - clientHeight < 40;
        }}
      >
        {items.value.length === 0 && <p class="chat-note">{chat.state.value === "loading" ? speech.words.loading : speech.words.empty}</p>}
        {items.value.map((item) => (
          <Shown key={item.key} item={item} chat={chat} speech={speech} />
        ))}
      </div>
      {chat.state.value === "away" && items.value.length === 0 && <p class="chat-note" role="status">{speech.words.load_failed}</p>}
      {note ? <p class="chat-note chat-blocked" role="status">{note}</p> : <Composer chat={chat} speech={speech} />}
    </div>
  );
}

function Shown({ item, chat, speech }: { item: Item; chat: Chat; speech: Speech }) {
  if (item.type === "day") return <p class="chat-day">{day(speech.tag, new Date(item.at), speech.zone)}</p>;
  if (item.type === "change") return <ChangeLine change={item.change} chat={chat} speech={speech} />;
  return (
    <MessageLine
      line={item.line}
      time={item.at === null ? "" : clock(speech.tag, new Date(item.at), speech.zone)}
      sending={chat.sending.value > 0}
      retry={() => void chat.refresh()}
      speech={speech}
    />
  );
}

/** Who can read has changed. Staff confirm a new phone here, after they have seen or heard whose it is. */
function ChangeLine({ change, chat, speech }: { change: Change; chat: Chat; speech: Speech }) {
  const { words, staff } = speech;
  const busy = useSignal(false);
  const confirm = async (): Promise<void> => {
    busy.value = true;
    await chat.vouch(change.deviceId, "video_sas");
    busy.value = false;
  };
  return (
    <div class="chat-change">
      <p>{words[change.kind]}</p>
      {staff && change.kind === "new_phone" && (
        <p>
          <button type="button" class="chat-quiet" disabled={busy.value} onClick={() => void confirm()}>
            {words.confirm}
          </button>{" "}
          <span>{words.confirm_why}</span>
        </p>
      )}
    </div>
  );
}

function shown(chat: Chat, { staff, zone }: Speech): Item[] {
  const lines = chat.lines.value;
  const state = chat.keyState;
  const facts = {
    // Whoever can confirm a phone is shown it; to its owner it would only be a riddle.
    unconfirmed: staff ? (state?.unverified() ?? []).map((cert) => cert.device_id) : [],
    isStaff: (deviceId: string) => state?.isStaffDevice(deviceId) ?? false,
    isConfirmed: (deviceId: string) => confirmed(state, deviceId),
  };
  return itemsOf(lines, state?.changes() ?? [], chat.transport.epochOf, facts, zone);
}

function confirmed(state: KeyState | null, deviceId: string): boolean {
  const cert = state?.members().get(deviceId);
  return cert !== undefined && !isSelfSigned(cert);
}

/** The one line that stands where the composer would: why nothing can be written now. Null when it can. */
function noteOf(chat: Chat, { words, staff }: Speech, phone: string): string | null {
  const { blocked } = chat.keys.value;
  if (chat.state.value === "loading" || blocked === null) return null;
  switch (blocked) {
    case "not-opened":
    case "no-staff-device":
      return staff ? words.nobody_staff : fill(words.nobody, { phone });
    case "not-admitted":
      return staff ? words.not_admitted_staff : fill(words.not_admitted, { phone });
    case "staff-pending":
      return words.staff_pending;
    default:
      return staff ? words.distrust_staff : fill(words.distrust, { phone });
  }
}
