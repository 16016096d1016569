// Holds the pages to their weight: HTML, CSS and JavaScript over the wire, gzip -9, in bytes. Fails when one is over.
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const kB = 1000;
const read = (path) => readFileSync(new URL(path, dist));
const weigh = (paths) => [...paths].reduce((sum, path) => sum + gzipSync(read(path), { level: 9 }).length, 0);

/** Files a page's HTML names: what loads before anything is pressed. */
function first(page) {
  const html = String(read(page));
  const named = [...html.matchAll(/<(?:script|link)\b[^>]*?(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]);
  return withImports(new Set([page, ...named]));
}

/** Adds what a file imports or, for a dynamic import, names in quotes, when `follow` says so. */
function withImports(paths, follow = () => false) {
  const all = new Set(paths);
  for (const path of all) {
    if (!path.endsWith(".js")) continue;
    const code = String(read(path));
    for (const [, name] of code.matchAll(/(?:from|import)\s*["`']\.\/([\w.-]+)["`']/g)) all.add(`assets/${name}`);
    for (const [, name] of code.matchAll(/["`'](?:\.\/|\/?assets\/)([\w.-]+\.(?:js|css))["`']/g)) if (follow(name)) all.add(`assets/${name}`);
  }
  return all;
}

/** What only some come to need: it is weighed by itself. */
const LATER = /^(door|who|form|prepare|offers|offered)(\.en)?-/;
const WAITING = /^waiting-more-/;
/** Choosing a camera, what to do when it does not work, and the way into another browser: only when it is wanted. */
const DEVICES = /^(device-[a-z]+|devices|choosing|choices|loudness|qr|qrcode)([.-]|$)/;
/** What a running call offers beside itself. */
const CALLING = /^(call-more|call-tools|note-store|in-visit|note-pad|screen|call|climb|climbing|line-notice|reacquire|own-phone)[.-]/;
const COMPARING = /^compare-view-|^compare\.en-/;
const RELAYED = /^(detour|sealing\.worker|third|group|guest-[a-z]+|ask-interpreters)-/;
/** Staff with several people in one call, or beside another clinician. */
const TOGETHER = /^together-/;
/** What a scheduler opens now and then: a provider is away, the waiting list. */
const NOW_AND_THEN = /^((staff-)?absence|waitlist)-/;
/** Beside that: the two other languages, and the curves for browsers without their own X25519 and Ed25519. */
const RARE = /^(\w+\.(es|ar)|curves_noble|browser-crypto|compare[\w.-]*)-/;
const NOT_FOR_ALL = new RegExp([RARE, LATER, RELAYED, TOGETHER, NOW_AND_THEN, WAITING, DEVICES, CALLING].map(({ source }) => source).join("|"));

const budgets = [];
for (const page of readdirSync(dist).filter((name) => name.startsWith("patient") && name.endsWith(".html"))) {
  budgets.push([`${page}: page zero`, first(page), 15 * kB]);
}
if (existsSync(new URL("patient.html", dist))) {
  const zero = first("patient.html");
  const room = withImports(zero, (name) => /^room(\.en)?-/.test(name));
  budgets.push(["waiting room, on top of page zero", minus(room, zero), 25 * kB]);
  budgets.push(["comparing pictures, when asked for", readdirSync(new URL("assets/", dist)).filter((name) => COMPARING.test(name)).map((name) => `assets/${name}`), 4 * kB]);
  const more = withImports(room, (name) => WAITING.test(name));
  budgets.push(["what waiting offers, on top of the waiting room", minus(more, room), 10 * kB]);
  const call = withImports(room, (name) => !NOT_FOR_ALL.test(name));
  budgets.push(["call and messages, on top of page zero", minus(call, zero), 60 * kB]);
  const beside = withImports(room, (name) => CALLING.test(name) && !RARE.test(name));
  budgets.push(["what a call offers, on top of it and of choosing devices", minus(beside, withImports(room, (name) => DEVICES.test(name) && !RARE.test(name))), 20 * kB]);
  const devices = withImports(room, (name) => DEVICES.test(name) && !RARE.test(name));
  budgets.push(["cameras, microphones, another browser: when asked for", minus(devices, room), 24 * kB]);
  budgets.push(["a relayed call and a third person, on top of a direct one", minus(withImports(call, (name) => RELAYED.test(name)), call), 16 * kB]);
  const later = withImports(room, (name) => LATER.test(name));
  budgets.push(["a lost link, a further device, questions before the visit, on top of the waiting room", minus(later, room), 20 * kB]);
}
for (const page of ["board.html", "schedule.html", "hours.html", "figures.html", "settings.html", "delivery.html", "signin.html", "enter.html", "demo.html", "home.html", "guest.html"]) {
  if (existsSync(new URL(page, dist))) budgets.push([page, withImports(first(page), (name) => !NOT_FOR_ALL.test(name)), 120 * kB]);
}

if (existsSync(new URL("board.html", dist))) {
  const board = withImports(first("board.html"), (name) => !NOT_FOR_ALL.test(name));
  budgets.push(["several people in one call, on top of the board", minus(withImports(board, (name) => TOGETHER.test(name)), board), 8 * kB]);
  const schedule = withImports(first("schedule.html"), (name) => !NOT_FOR_ALL.test(name));
  budgets.push(["a provider is away, the waiting list: when asked for", minus(withImports(schedule, (name) => NOW_AND_THEN.test(name)), schedule), 9 * kB]);
}

function minus(all, without) {
  return new Set([...all].filter((path) => !without.has(path)));
}

let over = 0;
for (const [name, paths, limit] of budgets) {
  const size = weigh(paths);
  if (size > limit) over++;
  console.log(`${size > limit ? "OVER" : "ok  "} ${(size / kB).toFixed(1).padStart(6)} of ${limit / kB} kB  ${name}  (${[...paths].length} files)`);
}
if (budgets.length === 0) throw new Error("nothing built: run npm run build first");
process.exitCode = over ? 1 : 0;
