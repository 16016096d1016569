/**
 * One visit on a demo's real pages in Chromium, told as one JSON line; the judging is done in tests/web/test_room.py.
 *
 *   node driver.mjs visit PATIENT_LINK PROVIDER_LINK      every browser without X25519 and Ed25519, as Chrome 100 to 136
 *   node driver.mjs floor PATIENT_LINK                    browsers that cannot hold a visit
 *   node driver.mjs cut PATIENT_LINK                      pages of which a part does not come
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { openBrowser, until } from "../browsers.mjs";

const web = createRequire(fileURLToPath(new URL("../../../web/package.json", import.meta.url)));
const AXE = readFileSync(web.resolve("axe-core/axe.min.js"), "utf8");
const PHONE = { viewport: { width: 390, height: 844 }, locale: "en-GB" };
const DESK = { viewport: { width: 1440, height: 900 }, locale: "en-GB" };

/** WebCrypto as it was before its two newest curves. */
function withoutCurves() {
  const missing = (algorithm) => ["Ed25519", "X25519"].includes(algorithm?.name ?? algorithm);
  for (const name of ["generateKey", "importKey"]) {
    const real = SubtleCrypto.prototype[name];
    SubtleCrypto.prototype[name] = function (...given) {
      if (given.some(missing)) return Promise.reject(new DOMException("Algorithm: Unrecognized name", "NotSupportedError"));
      return real.apply(this, given);
    };
  }
}

/** What went over the network and what the pages complained about. */
function watch(page, seen) {
  page.on("request", (request) => seen.requests.push(new URL(request.url()).pathname + new URL(request.url()).search));
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("console", (message) => /Content.Security|TrustedType/i.test(message.text()) && seen.errors.push(message.text()));
}

async function tab(browser, options, init) {
  const page = await browser.blank(options);
  if (init) await page.addInitScript(init);
  const seen = { requests: [], errors: [] };
  watch(page, seen);
  return { page, seen };
}

async function axe(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run(document));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

const texts = (page) => page.locator(".chat-bubble").allTextContents();
const until_texts = (page, wanted) =>
  until(`messages ${wanted}`, () => texts(page), (all) => wanted.every((text) => all.filter((one) => one === text).length === 1));

async function write(page, text) {
  await page.locator(".chat textarea").fill(text);
  await page.locator(".chat-send").click();
}

async function languages(page) {
  await page.locator("#continue:not([disabled])").click();
  await page.locator("#consent p").first().waitFor();
  const consent = () => page.locator("#consent > p").allTextContents();
  const english = await consent();
  await page.locator("#languages").selectOption("es");
  const spanish = await until("consent in Spanish", consent, (lines) => lines[0] !== english[0]);
  await page.locator("#languages").selectOption("en");
  const again = await until("consent in English", consent, (lines) => lines[0] === english[0]);
  return { english, spanish, again };
}

/** A message that never reached the server, over a reload of the page. */
async function outbox(page) {
  const away = (route) => (route.request().method() === "POST" ? route.abort() : route.continue());
  await page.route("**/v1/conversations/*/messages", away);
  await write(page, "kept over a reload");
  await page.locator(".chat-unsent").waitFor();
  const before = { texts: await texts(page), axe: await axe(page) };
  await page.reload();
  await page.unroute("**/v1/conversations/*/messages");
  await page.locator(".reachable").filter({ hasText: "Message the clinic" }).click();
  return before;
}

async function chat(patient, provider) {
  await patient.page.locator(".reachable").filter({ hasText: "Message the clinic" }).click();
  await patient.page.locator(".chat textarea").waitFor();
  await write(patient.page, "from the phone");
  await provider.page.keyboard.press("m");
  await until_texts(provider.page, ["from the phone"]);
  await write(provider.page, "from the desk");
  await until_texts(patient.page, ["from the phone", "from the desk"]);
  const unsent = await outbox(patient.page);
  const all = ["from the phone", "from the desk", "kept over a reload"];
  await until_texts(patient.page, all);
  await until_texts(provider.page, all);
  const seen = { unsent, patient: await texts(patient.page), provider: await texts(provider.page), axe: await axe(patient.page) };
  seen.changes = await provider.page.locator(".chat-change").allTextContents();
  seen.axeProvider = await axe(provider.page);
  await patient.page.locator(".back").click();
  return seen;
}

/** Bytes of media sent and whether any sender has a track, over every connection of the page. */
const sending = (page) =>
  page.evaluate(async () => {
    const all = await Promise.all(window.connections.map((pc) => pc.getStats()));
    const entries = all.flatMap((report) => [...report.values()]);
    return {
      states: window.connections.map((pc) => pc.connectionState),
      bytes: entries.filter((entry) => entry.type === "outbound-rtp").reduce((sum, entry) => sum + entry.bytesSent, 0),
      tracks: window.connections.flatMap((pc) => pc.getSenders()).filter((sender) => sender.track).length,
      decoded: entries.filter((entry) => entry.type === "inbound-rtp").reduce((sum, entry) => sum + (entry.framesDecoded ?? 0), 0),
    };
  });

/** Remembers the connections of a page for `sending`. */
function remember() {
  const connections = (window.connections = []);
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      connections.push(this);
    }
  };
}

async function admission(patient, provider) {
  const connected = (seen) => seen.states.includes("connected");
  await until("the line is prepared", () => sending(patient.page), connected);
  const waiting = await sending(patient.page);
  const emergency = await patient.page.locator(".emergency a").getAttribute("href");
  await provider.page.keyboard.press("n"); // from the messages back to the card
  const admit = provider.page.locator("#admit");
  await admit.click();
  await patient.page.getByText("Not yet, give me a minute").click();
  const minute = await provider.page.locator(".stage-words").filter({ hasText: "asked for a minute" }).textContent();
  await until("the picture comes under the minute", () => sending(patient.page), (seen) => seen.decoded > 0);
  const held = await sending(patient.page);
  await patient.page.getByText("I’m ready now").click();
  await patient.page.getByText("Start with voice only").click();
  await provider.page.locator(".stage-words").filter({ hasText: /no camera on/ }).waitFor();
  const voice = await sending(patient.page);
  const verified = async () => [await patient.page.locator(".safe").count(), await provider.page.locator(".pill-good").count()];
  const sides = await until("both verified", verified, (counts) => counts.every((count) => count === 1));
  const call = { axe: await axe(patient.page), emergency: await patient.page.locator(".emergency a").getAttribute("href") };
  return { waiting, emergency, minute, held, voice, sides, call };
}

async function visit(browser, patientLink, providerLink) {
  const init = `(${withoutCurves})();(${remember})();`;
  const provider = await tab(browser, DESK, init);
  await provider.page.goto(providerLink);
  await provider.page.waitForURL(/board/);
  const patient = await tab(browser, PHONE, init);
  await patient.page.goto(patientLink);
  const consent = await languages(patient.page);
  await patient.page.locator("#ready").click();
  await patient.page.locator(".reachable").first().waitFor();
  await provider.page.locator("#admit").waitFor();
  const messages = await chat(patient, provider);
  const admitted = await admission(patient, provider);
  return { consent, messages, admitted, patient: patient.seen, provider: provider.seen };
}

const TOO_OLD = {
  "no RTCPeerConnection": () => delete window.RTCPeerConnection,
  "no getUserMedia": () => delete MediaDevices.prototype.getUserMedia,
  "no crypto.subtle": () => Object.defineProperty(Crypto.prototype, "subtle", { value: undefined }),
};

async function floor(browser, link) {
  const seen = {};
  for (const [name, init] of Object.entries(TOO_OLD)) {
    const { page } = await tab(browser, PHONE, init);
    await page.goto(link);
    const call = page.locator("#old-call");
    await call.waitFor();
    const shown = async (id) => page.locator(id).isVisible();
    const box = await call.boundingBox();
    seen[name] = {
      href: await call.getAttribute("href"), why: await page.locator("#old").textContent(), forward: await shown("#continue"),
      inView: box !== null && box.y + box.height <= PHONE.viewport.height, axe: await axe(page),
    };
    await page.context().close();
  }
  return seen;
}

/** Page zero without its script, with scripts switched off, and with the room's script gone when it is wanted. */
async function cut(browser, link) {
  const said = async (page) => {
    await page.locator("#old-call, #continue").filter({ visible: true }).first().waitFor();
    const visible = page.locator(".notice.warn").filter({ visible: true });
    return { words: await visible.allTextContents(), hash: new URL(page.url()).hash.length > 20 };
  };
  const away = await tab(browser, PHONE, "");
  await away.page.route("**/assets/*.js", (route) => route.abort());
  await away.page.goto(link);
  await away.page.locator("#unloaded").waitFor();
  const { page: plain } = await tab(browser, { ...PHONE, javaScriptEnabled: false }, "");
  await plain.goto(link);
  const room = await tab(browser, PHONE, "");
  await room.page.route("**/assets/room-*.js", (route) => route.abort());
  await room.page.goto(link);
  await room.page.locator("#continue").click();
  await room.page.locator("#ready").click();
  await room.page.locator("#check-said").waitFor();
  const late = { words: [await room.page.locator("#check-said").textContent()], hash: new URL(room.page.url()).hash.length > 20 };
  const seen = { script: await said(away.page), off: await said(plain), room: late };
  for (const page of [away.page, plain, room.page]) await page.context().close();
  return seen;
}

const [scenario, ...given] = process.argv.slice(2);
const browser = await openBrowser("chromium");
try {
  console.log(JSON.stringify(await { visit, floor, cut }[scenario](browser, ...given)));
} finally {
  await browser.close();
}
