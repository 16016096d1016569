/**
 * The two real browsers: system Chromium by Playwright, stock Firefox ESR by WebDriver BiDi (Playwright cannot start a stock one).
 *
 * Both come back in one small shape: `page(url)` opens a tab in a fresh profile (`blank` an empty one), and a page has `evaluate`,
 * `reload`, `click`, `close`.
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const web = createRequire(fileURLToPath(new URL("../../web/package.json", import.meta.url)));

const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  // Candidates of this machine by address, not by an mDNS name the other browser would have to look up.
  "--disable-features=WebRtcHideLocalIpsWithMdns",
  "--allow-loopback-in-peer-connection",
];

const FIREFOX_PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.autoplay.default": 0,
  // The server of the lab of networks (tests/parts/netlab.py) has no certificate.
  "dom.securecontext.allowlist": "203.0.113.10",
  "media.devices.insecure.enabled": true,
  "media.getusermedia.insecure.enabled": true,
  "app.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
};

/** @param {"chromium" | "firefox"} name */
export async function openBrowser(name, flags = []) {
  return name === "firefox" ? openFirefox() : openChromium(flags);
}

/** `flags`: more of the command line, for one test's own wish. */
async function openChromium(flags) {
  const { chromium } = web("playwright-core");
  const executablePath = process.env.CAREROOM_TEST_CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS, ...flags] });
  return {
    name: "chromium",
    version: browser.version(),
    /** An empty tab in a fresh profile; `options` are Playwright's (viewport, locale, colorScheme …). */
    async blank(options) {
      return (await browser.newContext(options)).newPage();
    },
    async page(url) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    close: () => browser.close(),
  };
}

async function openFirefox() {
  const puppeteer = web("puppeteer-core");
  const executablePath = process.env.CAREROOM_TEST_FIREFOX ?? "/usr/bin/firefox-esr";
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath,
    headless: true,
    extraPrefsFirefox: FIREFOX_PREFERENCES,
  });
  return {
    name: "firefox",
    version: await browser.version(),
    async blank({ viewport } = {}) {
      const page = await (await browser.createBrowserContext()).newPage();
      if (viewport) await page.setViewport(viewport);
      return page;
    },
    async page(url) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    close: () => browser.close(),
  };
}

/** Ask until the answer is true; the last answer stands in the error. No fixed waits. */
export async function until(what, ask, holds, limitMs = 15_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms for: ${what}; last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
