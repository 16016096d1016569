/** The test's own signalling: serves the built page and passes frames between seats, through a hand that may change them. */
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const web = createRequire(join(root, "web/package.json"));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** Build the pages of a folder into `outDir`. */
export async function build(folder, pages, outDir) {
  const vite = await import(web.resolve("vite"));
  await vite.build({
    root: folder,
    configFile: false,
    logLevel: "error",
    base: "./",
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      rolldownOptions: { input: pages.map((page) => join(folder, page)) },
    },
  });
}

/**
 * Serve `directory` and `/relay?seat=NAME`. `hand(from, d)` returns what the others hear instead of `d`: a list of frames.
 * With a seat called `mallory`, everything goes to her alone and only she is heard.
 */
export async function serve(directory, hand = (_from, d) => [d], host = "127.0.0.1", at = 0) {
  const seats = new Map();
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname);
    const file = join(directory, path === "/" ? "index.html" : path);
    if (!file.startsWith(directory) || !existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  const { WebSocketServer } = web("ws");
  const sockets = new WebSocketServer({ server, path: "/relay" });
  const deliver = (to, frame) => seats.get(to)?.send(JSON.stringify(frame));
  sockets.on("connection", (socket, request) => {
    const seat = new URL(request.url, "http://x").searchParams.get("seat");
    seats.set(seat, socket);
    if (!seats.has("mallory")) {
      for (const other of seats.keys()) if (other !== seat) deliver(other, { type: "present", from: seat, d: null });
    }
    socket.on("close", () => seats.get(seat) === socket && seats.delete(seat));
    socket.on("message", (bytes) => {
      const { to, as, d } = JSON.parse(String(bytes));
      if (seat === "mallory") return deliver(to, { type: "call", from: as, d });
      if (seats.has("mallory")) return deliver("mallory", { type: "call", from: seat, d });
      for (const heard of hand(seat, d)) {
        for (const other of to ? [to] : seats.keys()) if (other !== seat) deliver(other, { type: "call", from: seat, d: heard });
      }
      return undefined;
    });
  });
  await new Promise((resolve) => server.listen(at, host, resolve));
  const { port } = server.address();
  return {
    url: `http://${host}:${port}`,
    close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
}
