// Builds every page by itself: one bundle per page, so that no page carries or waits for another page's code. Then writes
// web-manifest.json (path -> sha384), by which anyone can compare what a server serves with what was built.
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const web = fileURLToPath(new URL("..", import.meta.url));
const dist = `${web}dist/`;
const pages = readdirSync(web).filter((name) => name.endsWith(".html")).sort();
// Named pages only, when given: `node build/build.mjs patient`.
const wanted = process.argv.slice(2);

/**
 * What every part of the room shares is one file: many small ones weigh more than they hold. The patient's page alone: its first
 * chunk imports none of these, so that no two chunks wait for each other.
 */
const SHARED = /node_modules\/(preact|@preact)\/|src\/lib\/(live|merge|i18n)\.ts|src\/patient\/(context|icons|names|language)\.tsx?/;
const together = { codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: "live", test: SHARED }] } };

rmSync(dist, { recursive: true, force: true });
for (const page of pages) {
  if (wanted.length > 0 && !wanted.includes(page.replace(/\.html$/, ""))) continue;
  await build({ configFile: `${web}vite.config.ts`, logLevel: "warn", build: { rolldownOptions: { input: web + page, output: page === "patient.html" ? together : {} } } });
}

// A service worker keeps its name: a browser asks for it again and again by the address it registered.
copyFileSync(`${web}src/push/worker.js`, `${dist}push-worker.js`);

const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const hashes = files.map((entry) => {
  const path = `${entry.parentPath}/${entry.name}`;
  return [path.slice(dist.length).replace(/^\//, ""), `sha384-${createHash("sha384").update(readFileSync(path)).digest("base64")}`];
});
hashes.sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(`${dist}web-manifest.json`, `${JSON.stringify(Object.fromEntries(hashes), null, 1)}\n`);
console.log(`${hashes.length} files in web/dist`);
if (wanted.length === 0) await import("./budget.mjs");
