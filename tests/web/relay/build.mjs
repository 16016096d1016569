/** node build.mjs OUT: the pages of these tests, built as the product's pages are. */
import { fileURLToPath } from "node:url";
import { build } from "../call/relay.mjs";

await build(fileURLToPath(new URL(".", import.meta.url)), ["index.html", "codecs.html"], process.argv[2]);
