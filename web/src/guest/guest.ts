/** A guest's page: what it is, one press, and then how far the visit is. The secret stays in the fragment. */
import "../styles/door.css";
import { effect } from "@preact/signals";
import { form, textField } from "../door/form";
import { Api, Problem } from "../lib/api";
import { byId, focusHeading, make } from "../lib/dom";
import { Live } from "../lib/live";
import { intlTag, markDocument, pickLocale, type Locale } from "../lib/locale";
import { fill, isolate } from "../lib/text";
import { viewerZone, visitTime } from "../lib/time";
import type { Heads, Practice, Stage } from "../lib/types";
import type { GuestMessages } from "../messages/guest.en";
import type { InCall, Stage as CallStage } from "./call";

interface GuestView {
  heads: Heads;
  practice: Practice;
  id: string;
  scope: "interpreter" | "family" | "trainee";
  here: boolean;
  start: string;
  zone: string;
  opens_at: string;
  stage: Stage;
  with?: string;
  place?: number | null;
  language?: string;
  agreed?: boolean | null;
  /** An interpreter who was asked and is not coming, or not yet. */
  offer?: "open" | "lost" | "passed" | "closed" | null;
  let_in: boolean;
  muted: boolean;
  aside: boolean;
  apart: boolean;
  /** On hold: nobody is heard or seen. */
  held: boolean;
  telephone: boolean;
  /** Their way into the call, while they may be in it. */
  call?: InCall["call"] | null;
}

const LOAD: Record<Locale, () => Promise<{ default: GuestMessages }>> = {
  en: () => import("../messages/guest.en"),
  es: () => import("../messages/guest.es"),
  ar: () => import("../messages/guest.ar"),
};

const id = document.documentElement.dataset["guest"] ?? "";
const secret = location.hash.slice(1);
const api = new Api("guest", id);
const root = byId("guest");
const locale = pickLocale([document.documentElement.lang, ...navigator.languages]);
let words: GuestMessages;

const say = (key: keyof GuestMessages, values: Record<string, string> = {}): string => fill(words[key], values);

function when(instant: string, zone: string): { day: string; time: string; zone: string } {
  const at = visitTime(intlTag(locale, navigator.languages), instant, viewerZone(), zone);
  return { day: at.day, time: at.clock, zone: at.zone };
}

const live = new Live(api);
let inside: Promise<CallStage> | null = null;

/** In the call, or out of it: then what was drawn before is drawn again. */
async function draw(view: GuestView): Promise<void> {
  const over = view.stage === "closed" || view.stage === "ended";
  if (view.call && !over) {
    const { call, muted, aside, apart, held, telephone } = view;
    const known = { call, with: view.with, muted, aside, apart, held, telephone };
    if (inside) return (await inside).update(known);
    inside = import("./call").then((module) => module.openStage(root, api, live, say, known));
    return void (await inside);
  }
  await shut();
  drawOutside(view, over);
}

async function shut(): Promise<void> {
  const stage = await inside;
  inside = null;
  stage?.close();
}

function drawOutside(view: GuestView, over: boolean): void {
  if (over) return plain(say("over_title"), say("over_text"));
  const lines: (string | null)[] = [
    say("visit", when(view.start, view.zone)),
    view.with ? say("with", { name: isolate(view.with) }) : null,
    view.language ? say("language", { language: languageName(view.language) }) : null,
  ];
  const about = lines.filter((line) => line !== null).map((line) => make("p", {}, line));
  if (view.offer) return drawOffer(view.offer, about);
  const title = view.here ? say("waits_title") : say(`role_${view.scope}`);
  const body = view.here ? standing(view) : [asking()];
  root.replaceChildren(make("section", { class: "screen" }, make("h1", {}, title), ...about, ...body, make("p", { class: "quiet" }, say("private"))));
}

/** Several are asked at once: yes or no, and how it came out. */
function drawOffer(offer: "open" | "lost" | "passed" | "closed", about: HTMLElement[]): void {
  if (offer !== "open") {
    plain(say(`offer_${offer}_title`), say(`offer_${offer}_text`));
    return focusHeading(root);
  }
  const button = (key: "offer_yes" | "offer_no", come: boolean): HTMLElement => {
    const made = make("button", { type: "button", class: come ? "button" : "button second" }, say(key));
    made.addEventListener("click", () => void answer(come));
    return made;
  };
  const actions = make("div", { class: "actions" }, button("offer_yes", true), button("offer_no", false));
  root.replaceChildren(make("section", { class: "screen" }, make("h1", {}, say("offer_title")), ...about, make("p", {}, say("offer_text")), actions, make("p", { class: "quiet" }, say("private"))));
}

let answering = false;

async function answer(come: boolean): Promise<void> {
  if (answering) return;
  answering = true;
  try {
    await draw(await api.post<GuestView>(`/v1/guests/${id}/claim`, { secret, come }));
    focusHeading(root);
  } catch (error) {
    complain(error);
  } finally {
    answering = false;
  }
}

/** A language by its code, in the reader's own words; a name somebody typed stays as it is. */
function languageName(language: string): string {
  if (language === "sgn") return say("sign_language"); // browsers have no name for it
  try {
    return new Intl.DisplayNames([intlTag(locale, navigator.languages)], { type: "language" }).of(language) ?? language;
  } catch (error) {
    if (error instanceof RangeError) return language; // no code but a name, as the desk wrote it
    throw error;
  }
}

function standing(view: GuestView): HTMLElement[] {
  const stages: Partial<Record<Stage, keyof GuestMessages>> = {
    early: "stage_early", open: "stage_open", waiting: "stage_waiting", away: "stage_waiting", called: "stage_called", "in-visit": "stage_visit",
  };
  const lines = [make("p", {}, say("waits_text")), make("p", { class: "lead" }, say(stages[view.stage] ?? "stage_open", when(view.opens_at, view.zone)))];
  if (view.stage === "in-visit" && !view.let_in) lines.push(make("p", {}, say("call_wait")));
  if (view.telephone) lines.push(make("p", { class: "notice" }, say("telephone")));
  if (view.place) lines.push(make("p", {}, say("place", { place: String(view.place) })));
  if (view.scope === "trainee") {
    const answer = view.agreed ? "agree_yes" : view.agreed === false ? "agree_no" : "agree_wait";
    lines.push(make("p", { class: "notice" }, say(answer)));
  }
  return lines;
}

function asking(): HTMLElement {
  const name = textField(say("name_label"), say("name_hint"), { autocomplete: "name", maxlength: "80" });
  return form(null, [name], say("here"), say("one_moment"), async () => {
    try {
      const view = await api.post<GuestView>(`/v1/guests/${id}/ready`, { secret, ...(name.value() ? { name: name.value() } : {}) });
      history.replaceState(null, "", location.pathname);
      follow(view);
      focusHeading(root);
    } catch (error) {
      if (error instanceof Problem && error.status === 422) name.fault(error.errors[0]?.detail ?? error.detail);
      else complain(error);
    }
  });
}

/** Every news of the visit is a reason to look again: what a guest may see differs from scope to scope. */
function follow(first: GuestView): void {
  const load = async (): Promise<GuestView> => {
    const view = await api.get<GuestView | undefined>(`/v1/guests/${id}/visit`);
    if (!view) throw new Problem(401, "unauthenticated", "");
    await draw(view);
    return view;
  };
  const topic = Object.keys(first.heads)[0] ?? "";
  void draw(first);
  live.follow(topic, {
    head: first.heads[topic] ?? 0,
    apply: () => void load().catch(() => undefined),
    reload: async () => (await load()).heads[topic] ?? 0,
  });
  effect(() => {
    const state = live.state.value;
    if (state === "fenced") void shut().then(elsewhere);
    // Out of the call is not out of the door: only who cannot look any more has no link.
    if (state === "refused") load().then(() => live.start(), () => shut().then(() => plain(say("over_title"), say("over_text"))));
  });
  live.start();
}

/** The same link in another tab: one at a time, and this one can have it back. */
function elsewhere(): void {
  plain(say("elsewhere_title"), say("elsewhere_text"));
  const here = make("button", { type: "button", class: "button" }, say("elsewhere_here"));
  here.addEventListener("click", () => location.reload());
  root.append(here);
}

function plain(title: string, text: string): void {
  root.replaceChildren(make("section", { class: "screen" }, make("h1", {}, title), make("p", {}, text)));
}

function complain(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
  if (error.status === 410) return plain(say("over_title"), say("over_text"));
  if (error.status === 404) return plain(say("bad_title"), say("bad_text"));
  plain(say("offline"), error.detail);
  const again = make("button", { type: "button", class: "button" }, say("again"));
  again.addEventListener("click", () => location.reload());
  root.append(again);
}

async function start(): Promise<void> {
  words = (await LOAD[locale]()).default;
  markDocument(locale);
  byId("call").textContent = say("call_clinic");
  try {
    const seat = await api.get<GuestView | undefined>(`/v1/guests/${id}/visit`);
    if (seat) return follow(seat);
    if (!secret) return plain(say("bad_title"), say("bad_text"));
    await draw(await api.post<GuestView>(`/v1/guests/${id}/open`, { secret }));
  } catch (error) {
    complain(error);
  }
}

void start();
