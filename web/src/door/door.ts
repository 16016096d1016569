/** Ways in when the link does not open by itself. Loaded only then. */
import "../styles/door.css";
import { Problem, type Api } from "../lib/api";
import { focusHeading, make } from "../lib/dom";
import { pickLocale, type Locale } from "../lib/locale";
import { fill } from "../lib/text";
import type { DoorMessages } from "../messages/door.en";
import { form, textField } from "./form";

const LOAD: Record<Locale, () => Promise<{ default: DoorMessages }>> = {
  en: () => import("../messages/door.en"),
  es: () => import("../messages/door.es"),
  ar: () => import("../messages/door.ar"),
};

export type Say = (key: keyof DoorMessages, values?: Record<string, string>) => string;

/** Words in the language the page is in. */
export async function speech(): Promise<Say> {
  const words = (await LOAD[pickLocale([document.documentElement.lang])]()).default;
  return (key, values = {}) => fill(words[key], values);
}

/** A failure in words: ours where we know it, the server's sentence else. */
export function explain(say: Say, error: unknown): string {
  if (!(error instanceof Problem)) return say("failed");
  if (error.offline) return say("offline");
  return error.status === 429 ? say("limit") : error.detail || say("failed");
}

interface Fresh {
  sent: boolean | null;
  to: string | null;
}

/** Worn out, incomplete, closed or lost: a fresh link goes out by the channel on file, or to a number that is typed. */
export async function offerFresh(api: Api, secret: string, root: HTMLElement): Promise<void> {
  const say = await speech();
  const said = make("p", { class: "notice", role: "status", hidden: true });
  const tell = (text: string): void => {
    said.textContent = text;
    said.hidden = false;
  };
  const fresh = form(say("fresh_title"), [], say("fresh_go"), say("one_moment"), async () => {
    try {
      const { sent, to } = await api.post<Fresh>(`/v1/links/${api.link}/fresh`, { secret });
      tell(sent === false ? say("fresh_none") : to ? say("fresh_sent", { to: `\u2066${to}\u2069` }) : say("fresh_maybe"));
    } catch (error) {
      tell(explain(say, error));
    }
  });
  fresh.querySelector("h2")?.after(make("p", {}, say("fresh_text")));
  root.replaceChildren(...(api.link ? [fresh] : []), said, lost(api, say, tell));
}

function lost(api: Api, say: Say, tell: (text: string) => void): HTMLElement {
  const phone = textField(say("lost_label"), say("lost_hint"), { type: "tel", autocomplete: "tel", dir: "ltr" });
  const ask = form(null, [phone], say("lost_go"), say("one_moment"), async () => {
    phone.fault("");
    try {
      await api.post("/v1/links/lost", { phone: phone.value(), ...(api.link ? { link_id: api.link } : {}) });
      tell(say("lost_sent"));
    } catch (error) {
      if (error instanceof Problem && error.status === 422) phone.fault(say("lost_bad"));
      else tell(explain(say, error));
    }
  });
  ask.querySelector("button")?.classList.add("second");
  if (!api.link) return ask;
  return make("details", {}, make("summary", {}, say("lost_title")), ask);
}

/** Draws a screen of its own into `root` and moves the reader there. */
export function screen(root: HTMLElement, ...content: (Node | string)[]): void {
  root.replaceChildren(make("section", { class: "screen" }, ...content));
  root.hidden = false;
  focusHeading(root);
}
