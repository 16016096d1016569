/**
 * Time to first frame in two Chromium processes: the floor (bare page, connected, replaceTrack) beside the product's Call, in turns.
 *
 *   node driver.mjs [ROUNDS]        prints one JSON object, all times in ms:
 *   floor_ms       provider's replaceTrack -> its first frame presented at the patient, nothing but WebRTC
 *   prepared_ms    provider's Call.start -> the same, prepared before (connected and judged, no media)
 *   cold_trickle_ms  both begin from nothing at once: prepare, trickle, connect, judge, start
 *   ratio          prepared_ms / floor_ms
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBrowser, until } from "../../../tests/web/browsers.mjs";
import { build, serve } from "../../../tests/web/call/relay.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const connected = (page) => until("connected", () => page.evaluate(() => window.connected()), Boolean);

/** Build and serve the bare pages; `floor(browsers, url)` and `cold(browsers, url)` then measure one round each. */
export async function openPages() {
  const out = await mkdtemp(join(tmpdir(), "careroom-ttff-"));
  await build(here, ["floor.html", "call.html"], out);
  const server = await serve(out);
  return {
    url: server.url,
    async close() {
      server.close();
      await rm(out, { recursive: true });
    },
  };
}

async function withPages(browsers, path, act) {
  const patient = await browsers.patient.page(`${path}?seat=patient`);
  const provider = await browsers.provider.page(`${path}?seat=provider`);
  try {
    return await act(patient, provider);
  } finally {
    await patient.context().close();
    await provider.context().close();
  }
}

async function measured(patient, click) {
  const at = await click();
  return (await patient.evaluate(() => window.frame())) - at;
}

export function floor(browsers, url) {
  return withPages(browsers, `${url}/floor.html`, async (patient, provider) => {
    const answer = await patient.evaluate((sdp) => window.answer(sdp), await provider.evaluate(() => window.offer()));
    await provider.evaluate((sdp) => window.accept(sdp), answer);
    await Promise.all([connected(patient), connected(provider)]);
    return measured(patient, () => provider.evaluate(() => window.click()));
  });
}

function prepared(browsers, url) {
  return withPages(browsers, `${url}/call.html`, async (patient, provider) => {
    await Promise.all([patient, provider].map((page) => page.evaluate(() => window.open())));
    await Promise.all([patient, provider].map((page) => page.evaluate(() => window.prepare())));
    await Promise.all([connected(patient), connected(provider)]);
    // Both sides start, as after an admission.
    return measured(patient, async () => {
      const [at] = await Promise.all([provider, patient].map((page) => page.evaluate(() => window.click())));
      return at;
    });
  });
}

export function cold(browsers, url) {
  return withPages(browsers, `${url}/call.html`, async (patient, provider) => {
    await Promise.all([patient, provider].map((page) => page.evaluate(() => window.open())));
    return measured(patient, async () => {
      const [at] = await Promise.all([provider, patient].map((page) => page.evaluate(() => window.click())));
      return at;
    });
  });
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const whole = (value) => Math.round(value);

async function main(rounds) {
  const pages = await openPages();
  const browsers = { patient: await openBrowser("chromium"), provider: await openBrowser("chromium") };
  const times = { floor_ms: [], prepared_ms: [], cold_trickle_ms: [] };
  try {
    await floor(browsers, pages.url); // the first use of camera and encoder in a browser is nobody's figure
    await prepared(browsers, pages.url);
    for (let round = 0; round < rounds; round++) {
      times.floor_ms.push(await floor(browsers, pages.url));
      times.prepared_ms.push(await prepared(browsers, pages.url));
      times.cold_trickle_ms.push(await cold(browsers, pages.url));
    }
  } finally {
    await Promise.all([browsers.patient.close(), browsers.provider.close()]);
    await pages.close();
  }
  const figures = Object.fromEntries(Object.entries(times).map(([key, values]) => [key, whole(median(values))]));
  const spread = Object.fromEntries(Object.entries(times).map(([key, v]) => [key, [whole(Math.min(...v)), whole(Math.max(...v))]]));
  const ratio = Number((median(times.prepared_ms) / median(times.floor_ms)).toFixed(2));
  console.log(JSON.stringify({ ...figures, ratio, spread, rounds, browser: browsers.patient.version }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(Number(process.argv[2] ?? 5));
