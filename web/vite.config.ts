import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { browserCrypto, careroomPages, lazyStyles } from "./build/pages.ts";
import ar from "./src/messages/zero.ar.ts";
import en from "./src/messages/zero.en.ts";
import es from "./src/messages/zero.es.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  root: here,
  base: "/",
  publicDir: false,
  appType: "mpa",
  plugins: [lazyStyles(), browserCrypto(), careroomPages({ "patient.html": { en, es, ar } })],
  build: {
    outDir: "dist",
    assetsDir: "assets",
    emptyOutDir: false,
    target: ["chrome100", "safari15.4", "firefox115"],
    cssTarget: ["chrome100", "safari15.4", "firefox115"],
    // No data: URLs, no inline scripts: the content security policy allows neither.
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
  },
  test: {
    include: ["tests/**/*.test.ts", "tests/**/*.test.tsx", "src/**/*.test.ts", "src/**/*.test.tsx"],
    environment: "node",
  },
});
