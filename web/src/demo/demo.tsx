/** Entry of /demo: three links, one phone, one mailbox, and a clock that can be moved. */
import { render } from "preact";
import { useState } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock, viewerZone, zoneName } from "../lib/time";
import { now, startClock } from "../staff/clock";
import { BoardIcon, Calendar, Clock, Lock, Mark, Out, Warning, Who } from "../staff/icons";
import { explain } from "../staff/session";
import { bootLocale, shortDate, words } from "../staff/words";
import { Mailbox } from "./mailbox";
import { PhoneView } from "./phone";
import { DemoStore } from "./store";
import type { DemoLink } from "./types";

const ICONS = { patient: Who, provider: BoardIcon, scheduler: Calendar, admin: Lock };

function LinkCard({ link }: { link: DemoLink }) {
  const w = words.value.demo;
  const Icon = ICONS[link.role];
  return (
    <a class="way way-link role-card" href={link.url} target="_blank" rel="noopener">
      <span class="role-icon">
        <Icon />
      </span>
      <span>
        <strong>{w.open[link.role]}</strong>
        <span class="hint">
          {[link.name, w.openHint[link.role]].filter(Boolean).join(", ")}
        </span>
        <span class="sr-only"> ({w.newTab})</span>
      </span>
      <Out />
    </a>
  );
}

function DemoClock({ store }: { store: DemoStore }) {
  const w = words.value.demo;
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const zone = store.state.value?.zone ?? viewerZone();
  const at = new Date(now.value);
  const move = (body: Parameters<DemoStore["forward"]>[0]): void => {
    setBusy(true);
    store
      .forward(body)
      .then(
        () => setSaid(w.moved(clock(tag.value, new Date(now.peek()), zone))),
        (error: unknown) => setSaid(explain(error)),
      )
      .finally(() => setBusy(false));
  };
  return (
    <div class="demo-clock" role="group" aria-label={w.controls}>
      <p>
        <Clock /> <span class="sr-only">{w.clock}: </span>
        {shortDate(at, zone)} {clock(tag.value, at, zone)}, {zoneName(tag.value, zone, at)}
      </p>
      <button type="button" class="button" disabled={busy} onClick={() => move({ forward_minutes: 60 })}>
        {w.forward}
      </button>
      <button type="button" class="button" disabled={busy} onClick={() => move({ to: "next-reminder" })}>
        {w.next}
      </button>
      <p class="demo-said" role="status">
        {said}
      </p>
    </div>
  );
}

function DemoPage({ store }: { store: DemoStore }) {
  const w = words.value.demo;
  document.title = w.title;
  if (store.closed.value) {
    return (
      <main class="plain" id="main">
        <Mark />
        <h1>{w.title}</h1>
        <p>{w.closed}</p>
      </main>
    );
  }
  const state = store.state.value;
  const checked = store.checked.value;
  return (
    <main class="demo" id="main">
      <header class="demo-top">
        <Mark />
        <h1>{w.title}</h1>
        <p class="quiet">{w.lead}</p>
        <DemoClock store={store} />
      </header>
      {store.stale.value && (
        <div class="notice notice-amber" role="status">
          <Warning />
          <p>{w.stale}</p>
        </div>
      )}
      <nav class="role-cards" aria-label={words.value.common.pages}>
        {state ? state.links.map((link) => <LinkCard key={link.url} link={link} />) : [0, 1, 2].map((n) => <span key={n} class="bone bone-card" />)}
      </nav>
      <div class="demo-panes">
        <PhoneView store={store} />
        <Mailbox store={store} />
      </div>
      <p class="quiet demo-checked">{checked && w.checked(checkedAt(checked))}</p>
    </main>
  );
}

function checkedAt(at: Date): string {
  return new Intl.DateTimeFormat(tag.value, { hour: "numeric", minute: "2-digit", second: "2-digit" }).format(at);
}

bootLocale();
startClock();
const store = new DemoStore();
store.start();
render(<DemoPage store={store} />, document.getElementById("app") as HTMLElement);
