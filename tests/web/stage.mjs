/**
 * Real browsers on a line: one JSON request a line in, one JSON answer a line out. tests/parts/browsers.py speaks to it.
 *
 * Elements are named as people and screen readers name them: a role and a pattern of the accessible name. Every act waits until
 * there is such an element and it can be used; nothing waits for a while.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openBrowser } from "./browsers.mjs";
import { cold, floor, openPages } from "../../web/bench/ttff/driver.mjs";
import { find, focused, media, time, watch } from "./inside.mjs";

const web = createRequire(fileURLToPath(new URL("../../web/package.json", import.meta.url)));
const PAUSE = 40;

const browsers = new Map();
const pages = new Map();

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE));

async function browserOf(kind, own, flags) {
  const key = own ? `${kind} ${own}` : kind;
  if (!browsers.has(key)) browsers.set(key, openBrowser(kind, flags));
  return browsers.get(key);
}

/** A tab in a fresh profile, watched from its first script on. */
async function open({ page: name, browser: kind, own, timed, flags, options = {} }) {
  const browser = await browserOf(kind, own, flags);
  const seen = [];
  const page = await browser.blank(options);
  page.on("console", (message) => {
    if (["error", "warning", "warn"].includes(message.type())) seen.push({ kind: message.type(), text: message.text().slice(0, 600) });
  });
  page.on("pageerror", (error) => seen.push({ kind: "pageerror", text: String(error.stack ?? error).slice(0, 600) }));
  if (kind === "firefox") await page.evaluateOnNewDocument(watch);
  else await page.addInitScript(watch);
  if (timed) await page.addInitScript(time);
  pages.set(name, { page, kind, seen, sent: { clicks: 0, drags: 0, keys: 0, scripted: 0 } });
}

/** Asks until `hold` is content; a page on its way elsewhere counts as not yet. */
async function until(what, ask, limit) {
  const end = Date.now() + limit;
  let last;
  for (;;) {
    try {
      last = await ask();
      if (last !== undefined && last !== false && last !== null) return last;
    } catch (error) {
      last = String(error.message ?? error).slice(0, 300);
    }
    if (Date.now() > end) throw new Error(`waited ${limit} ms for ${what}${last ? `; last: ${last}` : ""}`);
    await pause();
  }
}

const named = ({ role, name }) => `${role} “${name}”`;

async function handleOf(page, spec) {
  const handle = await page.evaluateHandle(find, spec);
  const element = handle.asElement();
  if (!element) await handle.dispose();
  return element;
}

async function whatIsThere({ page }) {
  return page.evaluate(() => `${location.pathname}: ${document.body.innerText.replaceAll(/\s+/g, " ").slice(0, 700)}`).catch((error) => error.message);
}

async function press(entry, { limit, ...spec }) {
  await until(`pressing ${named(spec)}`, async () => {
    const element = await handleOf(entry.page, { ...spec, usable: true });
    if (!element) return false;
    await element.click({ timeout: 2_000 });
    entry.sent.clicks++;
    return true;
  }, limit);
}

const acts = {
  goto: ({ page }, { url }) => page.goto(url).then(() => null),
  /** Run before the page's own scripts, from its next load on. */
  init: ({ page, kind }, { script }) => (kind === "firefox" ? page.evaluateOnNewDocument(script) : page.addInitScript(script)).then(() => null),
  reload: ({ page }) => page.reload().then(() => null),
  url: ({ page }) => page.url(),
  press,
  async wait({ page }, { limit, gone, ...spec }) {
    return until(`${named(spec)}${gone ? " to go" : ""}`, async () => {
      const element = await handleOf(page, spec);
      return gone ? !element : element && element.evaluate((node) => node.innerText ?? node.value ?? "");
    }, limit).then(String);
  },
  async text({ page }, { limit, pattern }) {
    const ask = () => page.evaluate((wanted) => new RegExp(wanted, "u").exec(document.body.innerText.replaceAll(/[\u2066-\u2069]/g, ""))?.[0] ?? null, pattern);
    return until(`the text /${pattern}/`, ask, limit);
  },
  has: ({ page }, spec) => handleOf(page, spec).then(Boolean),
  async fill(entry, { value, limit, ...spec }) {
    const { page } = entry;
    const element = await until(`filling ${named(spec)}`, () => handleOf(page, { ...spec, usable: true }), limit);
    await element.focus();
    entry.sent.scripted++;
    await element.evaluate((node) => node.select?.());
    await page.keyboard.type(value);
  },
  async choose({ page, sent }, { value, limit, ...spec }) {
    sent.scripted++;
    const element = await until(`choosing in ${named(spec)}`, () => handleOf(page, { ...spec, usable: true }), limit);
    await element.evaluate((node, wanted) => {
      const option = [...node.options].find((one) => one.value === wanted || one.textContent.includes(wanted));
      if (!option) throw new Error(`no option ${wanted}`);
      node.value = option.value;
      node.dispatchEvent(new Event("input", { bubbles: true }));
      node.dispatchEvent(new Event("change", { bubbles: true }));
    }, value);
  },
  async key({ page, sent }, { key }) {
    sent.keys++;
    await page.keyboard.press(key);
  },
  async type({ page, sent }, { text }) {
    sent.keys += text.length;
    await page.keyboard.type(text);
  },
  async drag({ page, sent }, { right, down, limit, ...spec }) {
    const element = await until(`dragging ${named(spec)}`, () => handleOf(page, { ...spec, usable: true }), limit);
    const box = await element.boundingBox();
    const [x, y] = [box.x + box.width / 2, box.y + 4];
    sent.drags++;
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + right / 2, y + down / 2, { steps: 4 });
    await page.mouse.move(x + right, y + down, { steps: 4 });
    await page.mouse.up();
  },
  sent: ({ sent }) => sent,
  /** Tab by Tab to an element, as somebody without a mouse; answers how many it took. */
  async tab_to({ page, sent }, { most, back, ...spec }) {
    for (let count = 0; count <= most; count++) {
      if (await page.evaluate(focused, await page.evaluateHandle(find, spec))) return count;
      sent.keys++;
      await page.keyboard.press(back ? "Shift+Tab" : "Tab");
    }
    throw new Error(`${most} times Tab and never at ${named(spec)}`);
  },
  focus_of: ({ page }) => page.evaluate(() => document.activeElement?.innerText?.slice(0, 80) ?? document.activeElement?.tagName ?? ""),
  media: ({ page }) => page.evaluate(media),
  run: ({ page }, { body, value }) => page.evaluate(new Function("value", body), value),
  size: (entry, { width, height }) =>
    (entry.kind === "firefox" ? entry.page.setViewport({ width, height }) : entry.page.setViewportSize({ width, height })).then(() => null),
  scheme: ({ page }, { dark }) => page.emulateMedia({ colorScheme: dark ? "dark" : "light" }).then(() => null),
  still: ({ page }) => page.emulateMedia({ reducedMotion: "reduce" }).then(() => null),
  offline: ({ page }, { off }) => page.context().setOffline(off).then(() => null),
  hide: ({ page }, { css }) => page.addStyleTag({ content: css }).then(() => null),
  overflow: ({ page }) => page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide <= 0) return null;
    const out = [...document.body.querySelectorAll("*")].filter((node) => node.getBoundingClientRect().right > innerWidth + 1 || node.getBoundingClientRect().left < -1);
    return `${wide} px: ${out.slice(0, 5).map((node) => `${node.tagName}.${node.className} ${(node.textContent ?? "").slice(0, 40)}`).join(" | ")}`;
  }),
  async axe(entry) {
    const { page } = entry;
    // Over the debugger, so that the page's own content security policy stays as strict as it is.
    if (!(await page.evaluate(() => "axe" in window))) {
      const wire = await page.context().newCDPSession(page);
      await wire.send("Runtime.evaluate", { expression: readFileSync(web.resolve("axe-core/axe.min.js"), "utf8") });
      await wire.detach();
    }
    return page.evaluate(async () => {
      // Colours on their way from one scheme to the other are nobody's contrast.
      const short = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime <= 600);
      // One that stands still (out of sight, or paused) never finishes: a second is enough for all that run.
      await Promise.race([Promise.allSettled(short.map((one) => one.finished)), new Promise((go) => setTimeout(go, 1_000))]);
      const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target.join(" ")} ${node.failureSummary.split("\n").slice(1, 3).join("; ")}`).join(" | ")}`);
    });
  },
  shot: ({ page }, { path }) => page.screenshot({ path, animations: "disabled" }).then(() => null),
  seen: ({ seen }) => seen,
  look: whatIsThere,
  async leave({ page }) {
    await page.close();
    return null;
  },
};

let bare;

/** One round of the bare WebRTC page in two of the same browser processes: ms from the click to the first frame. */
async function measureBare({ way, owns: [patient, provider] }) {
  bare ??= openPages();
  const browsers = { patient: await browserOf("chromium", patient), provider: await browserOf("chromium", provider) };
  return { floor, cold }[way](browsers, (await bare).url);
}

async function answer({ op, page: name, ...rest }) {
  if (op === "open") return open({ page: name, ...rest });
  if (op === "bare") return measureBare(rest);
  if (op === "version") return (await browserOf("chromium", rest.own)).version;
  const entry = pages.get(name);
  if (!entry) throw new Error(`there is no page ${name}`);
  try {
    return await acts[op](entry, rest);
  } catch (error) {
    throw new Error(`${name}: ${error.message}\nThe page at ${await whatIsThere(entry)}\nIts console: ${JSON.stringify(entry.seen.slice(-6))}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...request } = JSON.parse(line);
  const outcome = await answer(request).then((value) => ({ id, value: value ?? null }), (error) => ({ id, error: String(error.message ?? error) }));
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
for (const browser of browsers.values()) await (await browser).close();
if (bare) await (await bare).close();
