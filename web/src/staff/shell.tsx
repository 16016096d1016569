/** The frame every staff page stands in: rail, clock, live line, and the boxes for what went wrong. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { tag } from "../lib/i18n";
import type { Live } from "../lib/live";
import { clock, zoneName } from "../lib/time";
import { now } from "./clock";
import { BoardIcon, Calendar, Clock as HoursIcon, DeskIcon, FiguresIcon, Keyboard, Leave, Mail, Mark, Sliders, Tick, Warning } from "./icons";
import { PushButton } from "./push-button";
import { explain, signOut, type Session } from "./session";
import { deskWords, shortDate, words } from "./words";

export function Kbd({ children }: { children: ComponentChildren }) {
  return <kbd aria-hidden="true">{children}</kbd>;
}

interface RailProps {
  session: Session;
  page: "board" | "schedule" | "hours" | "desk" | "delivery" | "figures" | "settings";
  onHelp?: () => void;
  onProblem: (sentence: string) => void;
}

function RailLink({ href, current, icon, name }: { href: string; current: boolean; icon: ComponentChildren; name: string }) {
  return (
    <a class="rail-item" href={href} {...(current ? { "aria-current": "page" as const } : {})}>
      {icon}
      {name}
    </a>
  );
}

/** Only what exists: the role's own page, the keys, the way out. */
export function Rail({ session, page, onHelp, onProblem }: RailProps) {
  const w = words.value;
  const leave = (): void => void signOut(session.api).catch((error: unknown) => onProblem(explain(error)));
  return (
    <nav class="rail" aria-label={w.common.pages}>
      <a class="skip" href="#main">
        {w.common.skip}
      </a>
      <Mark />
      {session.me.role === "provider" ? (
        <RailLink href="/board" current={page === "board"} icon={<BoardIcon />} name={w.common.board} />
      ) : (
        <>
          <RailLink href="/schedule" current={page === "schedule"} icon={<Calendar />} name={w.common.schedule} />
          <RailLink href="/hours" current={page === "hours"} icon={<HoursIcon />} name={w.common.openHours} />
        </>
      )}
      {session.me.role === "admin" && <RailLink href="/figures" current={page === "figures"} icon={<FiguresIcon />} name={w.common.figures} />}
      <RailLink href="/desk" current={page === "desk"} icon={<DeskIcon />} name={deskWords.value.title} />
      {session.me.role !== "provider" && <RailLink href="/delivery" current={page === "delivery"} icon={<Mail />} name={w.common.delivery} />}
      <span class="rail-space" />
      {session.me.role === "admin" && <RailLink href="/settings" current={page === "settings"} icon={<Sliders />} name={w.common.settings} />}
      <PushButton session={session} onProblem={onProblem} />
      {onHelp && (
        <button type="button" class="rail-item" onClick={onHelp}>
          <Keyboard />
          {w.help.button}
        </button>
      )}
      <button type="button" class="rail-item" onClick={leave}>
        <Leave />
        {w.common.signOut}
      </button>
      <span class="initials" title={session.me.account.name} aria-hidden="true">
        {session.me.account.initials}
      </span>
    </nav>
  );
}

/** The clinic's clock with its zone: reminders and the line run by it, wherever the reader sits. */
export function Clock({ zone }: { zone: string }) {
  const at = new Date(now.value);
  return (
    <p class="clock">
      <strong>{clock(tag.value, at, zone)}</strong>
      <span>
        {shortDate(at, zone)}, {zoneName(tag.value, zone, at)}
      </span>
    </p>
  );
}

interface LiveLineProps {
  live: Live;
  zone: string;
  /** The quiet line at the foot of the page; without it, the box at its head that appears only when something is wrong. */
  calm: boolean;
}

/** Says in words whether what is shown is current, and since when it is not. */
export function LiveLine({ live, zone, calm }: LiveLineProps) {
  const w = words.value;
  const state = live.state.value;
  const good = state === "online" || state === "connecting" || state === "stopped";
  const [since, setSince] = useState("");
  useEffect(() => {
    if (!good) setSince(clock(tag.value, new Date(now.peek()), zone));
  }, [good]);
  if (calm !== good) return null;
  if (good) {
    const sure = state === "online" && !live.doubtful.value;
    const doubt = state === "online" ? w.live.checking : w.live.connecting;
    return (
      <p class="live-line">
        {sure && <Tick />} {sure ? w.live.live : doubt}
      </p>
    );
  }
  return (
    <div class="notice notice-amber" role="status">
      <Warning />
      <p>{state === "fenced" ? w.live.fenced : state === "refused" ? w.common.signInAgain : w.live.since(since)}</p>
      {state === "fenced" && (
        <button type="button" class="button" onClick={() => live.start()}>
          {w.live.here}
        </button>
      )}
      {state === "refused" && (
        <a class="button" href="/sign-in">
          {w.common.signInLink}
        </a>
      )}
    </div>
  );
}

/** A failure of the last command; takes the focus, so that it is heard and seen. */
export function ErrorBox({ sentence, onClose }: { sentence: string | null; onClose?: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (sentence) box.current?.focus();
  }, [sentence]);
  if (!sentence) return null;
  return (
    <div class="notice notice-coral" role="alert" tabIndex={-1} ref={box}>
      <Warning />
      <p>
        <strong>{words.value.common.problem}.</strong> {sentence}
      </p>
      {onClose && (
        <button type="button" class="button" onClick={onClose}>
          {words.value.common.close}
        </button>
      )}
    </div>
  );
}

/** A page that could not start, with the one thing to do. */
export function Broken({ sentence }: { sentence: string }) {
  const w = words.value;
  return (
    <main class="plain">
      <Mark />
      <h1>{w.common.problem}</h1>
      <p>{sentence}</p>
      <p>
        <button type="button" class="button button-main" onClick={() => location.reload()}>
          {w.common.tryAgain}
        </button>
      </p>
    </main>
  );
}

/** The shape of the page while its first answer is on the way. */
export function Skeleton({ title }: { title: string }) {
  return (
    <main class="plain plain-wide" aria-busy="true">
      <h1 class="sr-only">{title}</h1>
      <p class="sr-only" role="status">
        {words.value.common.loading}
      </p>
      <div class="bones" aria-hidden="true">
        {[0, 1, 2, 3, 4, 5].map((n) => (
          <span key={n} class="bone" />
        ))}
      </div>
    </main>
  );
}
