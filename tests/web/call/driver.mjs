/**
 * Runs one scenario with real browsers and prints what was seen as one JSON line; the judging is done in tests/web/test_call.py.
 *
 *   node driver.mjs build OUT
 *   node driver.mjs visit OUT PATIENT_BROWSER PROVIDER_BROWSER
 *   node driver.mjs restarts OUT PATIENT_BROWSER PROVIDER_BROWSER
 *   node driver.mjs paths OUT PATIENT_BROWSER PROVIDER_BROWSER WAYS RENEWED   (JSON: iceServers, iceTransportPolicy)
 *   node driver.mjs swapped|mallory|unsigned|hidden|late|echoed OUT
 */
import { fileURLToPath } from "node:url";
import { openBrowser, until } from "../browsers.mjs";
import { build, serve } from "./relay.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

const look = (page) => page.evaluate(() => window.harness.look());
const both = (pages, act) => Promise.all([act(pages.patient), act(pages.provider)]);
const live = (seen) => seen.state === "live" && (seen.stats?.framesDecoded ?? 0) > 0 && seen.pixels.spread > 1;

async function seats(url, browsers, query = "") {
  const patient = await browsers.patient.page(`${url}/index.html?seat=patient&polite=yes${query}`);
  const provider = await browsers.provider.page(`${url}/index.html?seat=provider${query}`);
  const pages = { patient, provider };
  await both(pages, (page) => page.evaluate(() => window.harness.ready()));
  return pages;
}

async function exchangeKeys({ patient, provider }) {
  const [ofPatient, ofProvider] = [
    await patient.evaluate(() => window.harness.key()),
    await provider.evaluate(() => window.harness.key()),
  ];
  await patient.evaluate((raw) => window.harness.trust(raw), ofProvider);
  await provider.evaluate((raw) => window.harness.trust(raw), ofPatient);
}

async function growing(page, who) {
  const first = await until(`${who} sees a picture`, () => look(page), live);
  const grown = (seen) => live(seen) && seen.stats.framesDecoded >= first.stats.framesDecoded + 10;
  return [first, await until(`${who} sees more frames`, () => look(page), grown)];
}

/** Reload one side; it comes back with fresh keys, is trusted again, and both see each other. */
async function reload(pages, who) {
  const before = await look(pages[who === "patient" ? "provider" : "patient"]);
  await pages[who].reload();
  const began = Date.now();
  await pages[who].evaluate(() => window.harness.ready());
  await exchangeKeys(pages);
  await pages[who].evaluate(() => window.harness.start());
  const [patient] = await growing(pages.patient, "patient");
  const [provider] = await growing(pages.provider, "provider");
  return { ms: Date.now() - began, statesBefore: before.states.length, patient, provider };
}

async function visit(url, browsers) {
  const pages = await seats(url, browsers);
  await exchangeKeys(pages);
  await both(pages, (page) => page.evaluate(() => window.harness.prepare()));
  const prepared = await both(pages, (page) => until("prepared", () => look(page), (seen) => seen.state === "prepared"));
  // Nothing may leave while both wait: look again after a while of being connected.
  await pages.patient.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1000)));
  const waiting = await both(pages, look);
  await both(pages, (page) => page.evaluate(() => window.harness.start()));
  const pictures = { patient: await growing(pages.patient, "patient"), provider: await growing(pages.provider, "provider") };
  await both(pages, (page) => page.evaluate(() => window.harness.restart()));
  const afterGlare = { patient: await growing(pages.patient, "patient"), provider: await growing(pages.provider, "provider") };
  await pages.patient.evaluate(() => window.harness.setCamera(false));
  const cameraOff = await until("provider sees black", () => look(pages.provider), (s) => s.peer?.video === false && s.pixels.mean < 5);
  await pages.patient.evaluate(() => window.harness.setCamera(true));
  await until("provider sees light", () => look(pages.provider), live);
  const reloads = { patient: await reload(pages, "patient"), provider: await reload(pages, "provider") };
  await pages.provider.evaluate(() => window.harness.close());
  const alone = await until("patient is alone", () => look(pages.patient), (seen) => !seen.hasRemote && seen.peer === null);
  return { prepared, waiting, pictures, afterGlare, cameraOff, reloads, alone, ended: await look(pages.provider) };
}

/** Network trouble on both sides: each wishes for new paths twice, `gap` ms apart, until the provider has offered them. */
async function troubled(pages, gap) {
  const before = (await look(pages.provider)).sent.description;
  const twice = (ms) => {
    window.harness.restart();
    return new Promise((done) => setTimeout(() => done(window.harness.restart()), ms));
  };
  const offered = async () => {
    await both(pages, (page) => page.evaluate(twice, gap));
    return (await look(pages.provider)).sent.description - before;
  };
  return until("new paths are offered", offered, (more) => more > 0);
}

async function restarts(url, browsers) {
  const pages = await seats(url, browsers);
  await exchangeKeys(pages);
  await both(pages, (page) => page.evaluate(() => window.harness.start()));
  await both(pages, (page) => growing(page, "first"));
  const offers = [];
  for (const gap of [0, 25, 100, 200]) {
    offers.push(await troubled(pages, gap));
    await both(pages, (page) => growing(page, `after ${gap} ms`));
  }
  const [patient, provider] = await both(pages, look);
  return { offers, patient, provider };
}

/** Prepared by the ways that hold while waiting, then let in: the ways that the server names then. */
async function paths(url, browsers, ways, renewed) {
  const query = `&ways=${encodeURIComponent(ways)}&renewed=${encodeURIComponent(renewed)}`;
  const pages = await seats(url, browsers, query);
  await exchangeKeys(pages);
  await both(pages, (page) => page.evaluate(() => window.harness.prepare()));
  const prepared = await both(pages, (page) =>
    until("prepared", () => look(page), (seen) => seen.state === "prepared" && seen.stats?.route, 30_000),
  );
  await both(pages, (page) => page.evaluate(() => window.harness.start()));
  await both(pages, (page) => growing(page, "started"));
  const wanted = JSON.parse(renewed).iceTransportPolicy === "relay" ? "relay" : "direct";
  const started = await both(pages, (page) => until(`${wanted} way`, () => look(page), (seen) => seen.stats.route === wanted));
  const later = await both(pages, (page) => growing(page, "later"));
  return { prepared, started, later: later.map(([, last]) => last) };
}

/** Both start at once with somebody in the middle; ends when `done` says so of both. */
async function attacked(url, browsers, signed, done) {
  const pages = await seats(url, browsers);
  if (signed) await exchangeKeys(pages);
  await both(pages, (page) => page.evaluate(() => window.harness.start()));
  await both(pages, (page) => until("the end of the attack", () => look(page), done));
  // Time for a frame that must not come.
  await pages.patient.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1000)));
  const [patient, provider] = await both(pages, look);
  return { patient, provider };
}

const blocked = (seen) => seen.state === "blocked";

async function mallory(url, browsers, signed) {
  const page = await browsers.mallory.page(`${url}/mallory.html`);
  const seen = await attacked(url, browsers, signed, signed ? blocked : live);
  return { ...seen, mallory: await page.evaluate(() => window.mallory()) };
}

/** The page is admitted while hidden: nothing leaves until a hand touches it. */
async function hidden(url, browsers) {
  const pages = await seats(url, browsers, "&hold=yes");
  await exchangeKeys(pages);
  await both(pages, (page) => page.evaluate(() => window.harness.prepare()));
  await both(pages, (page) => until("prepared", () => look(page), (seen) => seen.state === "prepared"));
  const hide = (value) => Object.defineProperty(document, "visibilityState", { value, configurable: true });
  await pages.patient.evaluate(hide, "hidden");
  await both(pages, (page) => page.evaluate(() => window.harness.start()));
  await until("the patient sees the provider", () => look(pages.patient), (seen) => seen.stats.framesDecoded > 10);
  const held = await look(pages.patient);
  await pages.patient.evaluate(hide, "visible");
  await pages.patient.click("#touch");
  const [touched] = await growing(pages.provider, "provider");
  return { held, touched };
}

/** Connected before either side can sign; the keys come one after the other. The patient asks for a minute, then starts. */
async function late(url, browsers) {
  const pages = await seats(url, browsers);
  await both(pages, (page) => page.evaluate(() => window.harness.prepare()));
  const judged = (verdict) => (seen) => seen.state === "prepared" && seen.security === verdict;
  const unsigned = await both(pages, (page) => until("unconfirmed", () => look(page), judged("unconfirmed")));
  await exchangeKeys(pages);
  await pages.provider.evaluate(() => window.harness.identified());
  const half = await until("the patient believes", () => look(pages.patient), judged("verified"));
  await pages.patient.evaluate(() => window.harness.identified());
  const signed = await both(pages, (page) => until("verified", () => look(page), judged("verified")));
  await pages.patient.evaluate(() => window.harness.setHold(true));
  const minute = await until("a minute is asked for", () => look(pages.provider), (seen) => seen.peer?.hold === true);
  await both(pages, (page) => page.evaluate(() => window.harness.start()));
  const [started] = await growing(pages.provider, "provider");
  return { unsigned, half, signed, minute, started };
}

/** Replace the fingerprints in every description, nothing else. */
const swap = (_from, d) => {
  if (d.kind !== "description") return [d];
  const other = Array.from({ length: 32 }, (_, i) => (i * 7 + 3).toString(16).padStart(2, "0").toUpperCase()).join(":");
  const sdp = d.description.sdp.replaceAll(/a=fingerprint:sha-256 \S+/g, `a=fingerprint:sha-256 ${other}`);
  return [{ ...d, description: { ...d.description, sdp } }];
};

/** Every description is heard twice, and the first of each side once more, late: as when a socket comes back in the middle. */
function echo() {
  const first = new Map();
  return (from, d) => {
    if (d.kind !== "description") return [d];
    const late = first.get(`${from}/${d.sid}`);
    if (!late) first.set(`${from}/${d.sid}`, d);
    return [d, d, ...(late ? [late] : [])];
  };
}

async function echoed(url, browsers) {
  const pages = await seats(url, browsers);
  await exchangeKeys(pages);
  await both(pages, (page) => page.evaluate(() => window.harness.prepare()));
  await both(pages, (page) => until("prepared", () => look(page), (seen) => seen.state === "prepared"));
  await both(pages, (page) => page.evaluate(() => window.harness.start()));
  const [patient] = await growing(pages.patient, "patient");
  const [provider] = await growing(pages.provider, "provider");
  return { patient, provider };
}

async function withBrowsers(names, act, flags = []) {
  const opened = new Map();
  try {
    const browsers = {};
    for (const [role, name] of Object.entries(names)) {
      if (!opened.has(name)) opened.set(name, await openBrowser(name, flags));
      browsers[role] = opened.get(name);
    }
    return await act(browsers);
  } finally {
    for (const browser of opened.values()) await browser.close();
  }
}

async function run([scenario, out, patient = "chromium", provider = "chromium", ways, renewed]) {
  if (scenario === "build") return build(here, ["index.html", "mallory.html"], out);
  const server = await serve(out, { swapped: swap, echoed: echo() }[scenario]);
  const names = { patient, provider, ...(["mallory", "unsigned"].includes(scenario) ? { mallory: "chromium" } : {}) };
  const scenarios = { paths: (u, b) => paths(u, b, ways, renewed), visit, restarts, hidden, late, echoed, mallory: (u, b) => mallory(u, b, true), unsigned: (u, b) => mallory(u, b, false) };
  const act = scenarios[scenario] ?? ((u, b) => attacked(u, b, true, blocked));
  try {
    // The TURN server's certificate is self-made: no browser knows its issuer.
    const flags = ways?.includes("turns:") ? ["--ignore-certificate-errors"] : [];
    return await withBrowsers(names, (browsers) => act(server.url, browsers), flags);
  } finally {
    server.close();
  }
}

console.log(JSON.stringify((await run(process.argv.slice(2))) ?? {}));
