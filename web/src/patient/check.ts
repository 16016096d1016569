import { closeStream, openDevices, type Opened } from "../call/devices";
import { byId, focusHeading, make, showOnly } from "../lib/dom";
import type { Consent, Device, MediaChoice } from "../lib/types";
import type { Chooser } from "./choosing";
import type { Sound } from "./sound";
import { locale, onLocale, say, show } from "./words";

type Found = (camera: Device, microphone: Device) => void;
type Done = (media: MediaChoice, camera: Device, microphone: Device) => Promise<void>;

const BARS = 9;
const HEARD = 0.28;

/** "Can we see and hear you?": one screen, one press. Every trouble has a name, a way to mend it and a way past it. */
export class DeviceCheck {
  #opened: Opened = { stream: null, camera: "unchecked", microphone: "unchecked" };
  #media: MediaChoice = "video";
  #deaf: (() => void) | null = null;
  #help: { device: "camera" | "microphone"; cause: Device } | null = null;
  #choosing: Chooser | null = null;
  #busy = false;
  readonly #bars = Array.from({ length: BARS }, () => make("i"));

  constructor(
    readonly sound: Sound,
    readonly done: Done,
    /** What the devices said, whatever it is: somebody at the clinic can help before anybody is in line. */
    readonly found: Found,
    /** The visit's own address, to be opened in another browser. */
    readonly link: () => string,
  ) {
    byId("level").append(...this.#bars);
    this.#press("ready", () => this.#ready());
    this.#press("voice", () => this.#withoutPicture());
    this.#press("play", () => this.#play());
    this.#press("choose", () => this.#choose());
    onLocale(() => {
      if (this.#help) void this.#drawHelp(this.#help);
      void this.#choosing?.show();
    });
  }

  /** From a tap: opens camera and microphone with one question from the browser. */
  async start(video: boolean): Promise<void> {
    this.close();
    this.#media = video ? "video" : "voice";
    this.#draw();
    byId("asking").hidden = false;
    this.#opened = await openDevices({ video, audio: true });
    byId("asking").hidden = true;
    const { stream, camera, microphone } = this.#opened;
    this.#choosing?.opened(stream);
    this.found(camera, microphone);
    if (video && camera !== "ok") return this.#blocked("camera", camera);
    if (microphone !== "ok") return this.#blocked("microphone", microphone);
    if (stream) this.#preview(stream);
  }

  /** Camera and microphone off: nothing is sent or lit while waiting. */
  close(): void {
    this.#deaf?.();
    this.#deaf = null;
    closeStream(this.#opened.stream);
    byId("preview", HTMLVideoElement).srcObject = null;
  }

  failed(message: string): void {
    this.#setBusy(false);
    const said = byId("check-said");
    said.textContent = message;
    said.hidden = false;
  }

  drawConsent(consent: Consent): void {
    const full = make("details", {}, make("summary", { "data-t": "full_text" }, say("full_text")), make("p", { dir: "auto" }, consent.full));
    byId("consent").replaceChildren(...consent.lines.map((line) => make("p", { dir: "auto" }, line)), full);
  }

  #press(id: string, action: () => void | Promise<void>): void {
    byId(id).addEventListener("click", () => this.#unlock(action));
  }

  /** Any tap here lets sound out later. */
  #unlock(action: () => void | Promise<void>): void {
    this.sound.unlock();
    void action();
  }

  #draw(): void {
    this.#help = null;
    const sections = ["zero", "closed", "check", "blocked"].map((id) => byId(id));
    const section = byId("check");
    showOnly(section, sections);
    const titles = { video: "check_title", voice: "check_voice", listen: "check_listen" } as const;
    show(byId("check-title"), titles[this.#media]);
    byId("tile").hidden = this.#media !== "video";
    byId("mic-row").hidden = this.#media === "listen";
    byId("listen-text").hidden = this.#media !== "listen";
    byId("voice").hidden = this.#media !== "video";
    byId("check-said").hidden = true;
    focusHeading(section);
  }

  #preview(stream: MediaStream): void {
    byId("preview", HTMLVideoElement).srcObject = stream;
    show(byId("mic-said"), "mic_quiet");
    let once = false;
    this.#deaf = this.sound.measure(stream, (level) => {
      this.#bars.forEach((bar, index) => bar.classList.toggle("on", index < Math.round(level * BARS)));
      if (level > HEARD && !once) {
        once = true;
        show(byId("mic-said"), "mic_heard");
      }
    });
  }

  #play(): void {
    this.sound.chime();
    show(byId("speaker-said"), "playing");
  }

  #withoutPicture(): Promise<void> {
    if (this.#opened.microphone === "ok") {
      this.#media = "voice";
      return this.#ready();
    }
    return this.start(false);
  }

  #listen(): void {
    this.close();
    this.#media = "listen";
    this.#draw();
  }

  async #ready(): Promise<void> {
    if (this.#busy) return;
    this.#setBusy(true);
    await this.done(this.#media, this.#opened.camera, this.#opened.microphone);
    this.#setBusy(false);
  }

  #setBusy(busy: boolean): void {
    this.#busy = busy;
    show(byId("ready"), busy ? "one_moment" : "ready");
    byId("ready").setAttribute("aria-disabled", String(busy));
  }

  /** Other devices than the ones that were taken; the lists are fetched when they are wanted. */
  async #choose(): Promise<void> {
    const place = byId("chooser");
    place.hidden = !place.hidden;
    const { mountChooser } = await import("./choosing");
    this.#choosing ??= mountChooser(place, this.#opened.stream, () => void this.start(this.#media === "video"));
    await this.#choosing.show();
  }

  #blocked(device: "camera" | "microphone", cause: Device): void {
    this.#help = { device, cause };
    void this.#drawHelp(this.#help).catch(() => {
      this.failed(say("unloaded")); // what cannot be explained can still be passed by
      focusHeading(byId("check"));
    });
  }

  /** Every cause has its words, a picture, and a way past it: with voice where there may be one, else listening. */
  async #drawHelp({ device, cause }: { device: "camera" | "microphone"; cause: Device }): Promise<void> {
    const voice = device === "camera" && this.#opened.microphone !== "site-denied";
    const { showHelp } = await import("../call/device-help");
    await showHelp(byId("blocked"), locale(), {
      device, cause, link: this.link(), alone: true,
      onAgain: () => this.#unlock(() => this.start(device === "camera")),
      onVoice: voice ? () => this.#unlock(() => this.start(false)) : undefined,
      onListen: voice ? undefined : () => this.#unlock(() => this.#listen()),
    });
    showOnly(byId("blocked"), ["zero", "closed", "check", "blocked"].map((id) => byId(id)));
    focusHeading(byId("blocked"));
  }
}
