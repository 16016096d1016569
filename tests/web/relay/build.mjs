/** node build.mjs OUT: the relay's page, built as the product's pages are. */
import { fileURLToPath } from "node:url";
import { build } from "../call/relay.mjs";

await build(fileURLToPath(new URL(".", import.meta.url)), ["index.html"], process.argv[2]);
