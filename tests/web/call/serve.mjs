/** The test's own signalling as a server by itself: node serve.mjs OUT HOST PORT. Ends with its standard input. */
import { serve } from "./relay.mjs";

const [out, host, port] = process.argv.slice(2);
const server = await serve(out, undefined, host, Number(port));
console.log(server.url);
process.stdin.resume().on("end", () => process.exit());
