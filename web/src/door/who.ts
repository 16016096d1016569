/** A further device shows whose it is: by a code to the number on file or by the birth date; else the desk lets it in. */
import { effect } from "@preact/signals";
import { Problem, type Api } from "../lib/api";
import { make } from "../lib/dom";
import { Live } from "../lib/live";
import type { MediaChoice, PatientView } from "../lib/types";
import { explain, screen, speech, type Say } from "./door";
import { dateField, form, phoneHref, textField, type Field } from "./form";

type Done = (view: PatientView) => Promise<void>;

/** Draws the question into `root`; `done` gets the whole view once this device is the patient's. */
export async function askWho(api: Api, view: PatientView, media: MediaChoice, root: HTMLElement, done: Done): Promise<void> {
  const asking = new Asking(api, await speech(), view, media, root, done);
  asking.start();
}

class Asking {
  readonly #live: Live;
  #over = false;
  #stop: (() => void) | undefined;

  constructor(
    readonly api: Api,
    readonly say: Say,
    readonly view: PatientView,
    readonly media: MediaChoice,
    readonly root: HTMLElement,
    readonly done: Done,
  ) {
    this.#live = new Live(api);
  }

  start(): void {
    if (this.view.tries_left > 0) this.#choose();
    else this.#desk();
    this.#listen();
  }

  /** Staff may let this device in at any moment: they see that it is here. */
  #listen(): void {
    const look = async (): Promise<PatientView> => {
      const view = await this.api.get<PatientView>(`/v1/links/${this.api.link}/visit`);
      await this.#enter(view);
      return view;
    };
    const topic = `guest:${this.view.appointment.id}`;
    this.#live.follow(topic, {
      head: this.view.heads[topic] ?? 0,
      apply: () => void look().catch(() => undefined),
      reload: async () => (await look()).heads[topic] ?? 0,
    });
    this.#stop = effect(() => {
      if (this.#live.state.value === "refused") void look().catch(() => undefined); // the sign-in changed: it may be let in
    });
    this.#live.start();
  }

  async #enter(view: PatientView): Promise<void> {
    if (this.#over || view.confirm) return;
    this.#over = true;
    this.#stop?.();
    this.#live.stop();
    await this.done(view);
  }

  #choose(): void {
    const { say } = this;
    const content: Node[] = [make("h1", {}, say("who_title")), make("p", {}, say("who_text"))];
    content.push(this.#button(say("code_go"), "button", () => void this.#code()));
    content.push(this.#button(say("born_go"), "button second", () => this.#born()));
    screen(this.root, ...content, this.#call());
  }

  #button(text: string, kind: string, press: () => void): HTMLElement {
    const button = make("button", { type: "button", class: kind }, text);
    button.addEventListener("click", press);
    return button;
  }

  #call(): HTMLElement {
    return make("a", { class: "button plain", href: phoneHref() }, this.say("call_clinic"));
  }

  async #code(): Promise<void> {
    const { say } = this;
    let to = "";
    try {
      ({ to } = await this.api.post<{ to: string }>("/v1/my/code", {}));
    } catch (error) {
      if (error instanceof Problem && error.body && (error.body as { tries_left?: number }).tries_left === 0) return this.#desk();
      return screen(this.root, make("h1", {}, say("who_title")), make("p", { class: "notice warn", role: "alert" }, explain(say, error)), this.#button(say("born_go"), "button", () => this.#born()), this.#call());
    }
    const field = textField(say("code_label"), "", { inputmode: "numeric", autocomplete: "one-time-code", maxlength: "12", dir: "ltr" });
    const sent = make("p", { role: "status" }, say("code_sent", { to: `\u2066${to}\u2069` }));
    screen(this.root, make("h1", {}, say("who_title")), sent, this.#answer(field, "code", say("code_bad")), this.#button(say("born_go"), "button second", () => this.#born()));
    field.root.querySelector("input")?.focus();
  }

  #born(): void {
    const { say } = this;
    const field = dateField(say("born_title"), { day: say("day"), month: say("month"), year: say("year") }, true);
    screen(this.root, make("h1", {}, say("who_title")), this.#answer(field, "birth_date", say("born_bad")), this.#call());
  }

  #answer(field: Field, name: "code" | "birth_date", malformed: string): HTMLElement {
    const { say } = this;
    return form(null, [field], say("confirm"), say("one_moment"), async () => {
      field.fault("");
      const readiness = { media: this.media, camera: "unchecked", microphone: "unchecked" };
      try {
        await this.#enter(await this.api.post<PatientView>("/v1/my/confirm", { [name]: field.value(), readiness }));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const left = (error.body as { tries_left?: number } | null)?.tries_left;
        if (left === 0) this.#desk();
        else field.fault(left ? say("wrong", { left: String(left) }) : error.status === 422 ? malformed : explain(say, error));
      }
    });
  }

  #desk(): void {
    const { say } = this;
    const call = make("a", { class: "button", href: phoneHref() }, say("call_clinic"));
    screen(this.root, make("h1", {}, say("desk_title")), make("p", {}, say("desk_text")), call);
  }
}
