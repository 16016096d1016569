import { canCall, lendsNothing } from "../call/devices";
import { Api, Problem } from "../lib/api";
import { byId, focusHeading } from "../lib/dom";
import { isolate } from "../lib/text";
import { clock, viewerZone, visitTime } from "../lib/time";
import type { Locale } from "../lib/locale";
import type { Device, LinkView, MediaChoice, PatientView } from "../lib/types";
import { DeviceCheck } from "./check";
import { Sound } from "./sound";
import { firstLocale, locale, onLocale, say, show, startWords, tag } from "./words";

/**
 * Page zero. The HTML already says where and when; this file opens the link with the secret from the fragment (which no
 * server ever sees in a URL), checks the devices, and hands the same document over to the room.
 */

const page = document.documentElement.dataset;
const linkId = page["link"] ?? "";
const api = new Api("patient", linkId);
const sound = new Sound();
const SECTIONS = ["zero", "closed", "check", "blocked"];
let link: LinkView | null = null;
/** The language the consent was read in. */
let consentIn = firstLocale();
/** The link could not be opened for now: the button means "try again". */
let trouble = false;

/** Kept here until the room is open; then it leaves the address bar too. */
const secret = location.hash.slice(1);
/** The link as it was opened: what is copied or scanned elsewhere is the same seat. */
const own = location.href;

function drawTimes(): void {
  const start = link?.appointment.start ?? page["start"] ?? "";
  const zone = link?.appointment.zone ?? page["zone"] ?? "UTC";
  if (Number.isNaN(Date.parse(start))) return;
  const at = visitTime(tag(), start, viewerZone(), zone);
  byId("when").textContent = say(at.near ? "visit_near" : "visit_far", { day: at.day, time: at.clock });
  byId("zone").textContent = `(${at.zone})`;
  const clinic = byId("at-clinic");
  clinic.hidden = at.clinic === null;
  clinic.textContent = at.clinic === null ? "" : say("at_clinic", { time: at.clinic });
  const late = Date.now() > Date.parse(start);
  byId("now").textContent = at.today ? say(late ? "now_late" : "now_early", { time: clock(tag(), new Date(), viewerZone()) }) : "";
  for (const node of document.querySelectorAll(".when-closed")) {
    node.textContent = `${say(at.near ? "visit_near" : "visit_far", { day: at.day, time: at.clock })} (${at.zone})`;
  }
}

function drawLink(): void {
  drawTimes();
  if (!link) return;
  const who = byId("who");
  delete who.dataset["t"];
  who.textContent = `${say("with_doctor", { name: isolate(link.appointment.with) })}. ${say("expected")}`;
  const door = byId("door");
  door.hidden = link.stage !== "early";
  const at = visitTime(tag(), link.opens_at, viewerZone(), link.appointment.zone);
  door.textContent = say("door", { day: at.day, time: at.clock });
  check.drawConsent(link.consent);
  // An earlier time, or a visit that cannot be kept: said before anybody looks at a camera.
  if (link.offers[0] || link.appointment.displaced) void import("./offered").then((part) => link && part.default(link, door), () => 0);
}

/** Says what is wrong and offers what can still be done: try again when it was the network, else the telephone. */
function complain(error: unknown): void {
  const said = byId("said");
  said.textContent = typeof error === "string" ? error : sayProblem(error);
  said.hidden = false;
  const again = error instanceof Problem ? error.offline || error.status >= 500 : typeof error !== "string";
  const button = byId("continue", HTMLButtonElement);
  button.hidden = !again;
  button.disabled = false;
  if (!again) {
    byId("old-call").classList.remove("late");
    return fresh(byId("zero"));
  }
  show(button, "try_again");
  trouble = true;
}

/** A link that opens nothing is no dead end. */
function fresh(section: HTMLElement): void {
  const place = section.appendChild(document.createElement("div"));
  void import("../door/door").then((way) => way.offerFresh(api, secret, place));
}

/** What is no answer of the server is a part of this page that did not come. */
function sayProblem(error: unknown): string {
  if (!(error instanceof Problem)) return say("unloaded");
  if (error.offline) return say("offline");
  return error.status === 404 || error.status === 410 ? say("wrong_link") : error.detail || say("failed");
}

// Only the desk's view is the poorer when this does not arrive.
const tell = (camera: Device, microphone: Device): void => void openLink(locale(), { camera, microphone }).catch(() => 0);
const check = new DeviceCheck(sound, ready, tell, () => own);

async function ready(media: MediaChoice, camera: Device, microphone: Device): Promise<void> {
  if (!link) return;
  const consent = { version: link.consent.version };
  const body = { secret, consent, media, camera, microphone, locale: consentIn };
  try {
    const view = await api.post<PatientView>(`/v1/links/${linkId}/ready`, body);
    await enter(view, media, true);
    history.replaceState(null, "", location.pathname);
  } catch (error) {
    if (!(error instanceof Problem)) console.error("room:", error);
    check.failed(sayProblem(error));
  }
}

async function enter(view: PatientView, media: MediaChoice, touched: boolean): Promise<void> {
  const root = byId("room");
  if (view.confirm) {
    const { askWho } = await import("../door/who");
    check.close();
    for (const id of SECTIONS) byId(id).hidden = true;
    return askWho(api, view, media, root, (whole) => enter(whole, media, touched));
  }
  const { mountRoom } = await import("./room");
  await mountRoom({ api, linkId, view, media, locale: locale(), sound, touched, root, onLocale });
  check.close();
  for (const id of SECTIONS) byId(id).hidden = true;
  root.hidden = false;
  if (touched) focusHeading(root);
}

/** The consent comes in the language of the page. */
function openLink(language: Locale, found = {}): Promise<LinkView> {
  return api.post<LinkView>(`/v1/links/${linkId}/open?locale=${language}`, { secret, ...found });
}

/** The language was changed: at once for what is here, and the consent as soon as the server has sent it. */
async function translate(language: Locale): Promise<void> {
  drawLink();
  if (!link) return;
  try {
    const translated = await openLink(language);
    if (language !== locale()) return;
    link = translated;
    consentIn = language;
    drawLink();
  } catch (error) {
    // The consent stays readable in the language before, and is recorded as given in that one.
    if (!(error instanceof Problem)) throw error;
  }
}

/** A browser that was here before goes straight to its seat; everyone else opens the link. */
async function open(words: Promise<void>): Promise<void> {
  const opening = secret ? openLink(firstLocale()) : null;
  opening?.catch(() => undefined); // looked at below, unless there is a seat already
  // No content: this browser is nobody here yet.
  const seat = api.get<PatientView | undefined>(`/v1/links/${linkId}/visit`);
  seat.catch(() => undefined); // looked at below, once there are words to speak about it
  await words;
  try {
    const view = await seat;
    if (view) return await enter(view, "video", false);
  } catch (error) {
    if (!(error instanceof Problem)) console.error("room:", error);
    if (!(error instanceof Problem) || (error.status !== 401 && !error.offline)) return complain(error);
  }
  if (page["state"] === "closed") return fresh(byId("closed"));
  if (!opening) return complain(say("half_link"));
  try {
    link = await opening;
  } catch (error) {
    return complain(error);
  }
  if (link.stage === "closed" || link.stage === "ended") {
    document.documentElement.dataset["state"] = "closed";
    fresh(byId("closed"));
    return drawTimes();
  }
  byId("continue", HTMLButtonElement).disabled = false;
  drawLink();
  // The room's code comes while the devices are being checked.
  void import("./room").catch(() => undefined);
}

async function start(): Promise<void> {
  const words = startWords();
  if (canCall()) void open(words);
  await words;
  onLocale((language) => void translate(language));
  drawTimes();
  setInterval(drawTimes, 20_000);
  if (!canCall()) {
    byId("unloaded").remove();
    for (const id of ["old", "old-call"]) byId(id).classList.remove("late");
    // An app that lends no camera is told by that alone: the browser of this system may have what this one lacks.
    if (lendsNothing()) void import("../call/device-help").then((help) => help.showElsewhere(byId("elsewhere"), locale(), own));
    return;
  }
  document.documentElement.classList.add("able");
  byId("continue").addEventListener("click", () => {
    if (trouble) return location.reload();
    sound.unlock();
    void check.start(true);
  });
}

void start();
