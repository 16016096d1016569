/** What arrives as a call frame is checked before anything touches it; the page in docs/ and the code say the same. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { newSid, parseFrame } from "../../src/call/frames";

const sid = newSid();
const to = newSid();

describe("parseFrame", () => {
  it("takes each kind as it was sent", () => {
    const frames = [
      { kind: "hello", sid, to: null, hello: { suite: 1 } },
      { kind: "hello", sid, to, hello: null },
      { kind: "description", sid, to, description: { type: "offer", sdp: "v=0" } },
      { kind: "candidate", sid, to, candidate: { candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "u" } },
      { kind: "candidate", sid, to, candidate: null },
      { kind: "state", sid, to, started: true, audio: true, video: false, screen: false, line: "none", hold: true },
      { kind: "restart", sid, to, fresh: true },
      { kind: "compare", sid, to, step: "ask" },
      { kind: "compare", sid, to, step: "commit", commitment: "c" },
      { kind: "compare", sid, to, step: "hello", hello: { suite: 1 } },
      { kind: "compare", sid, to, step: "reveal", hello: { suite: 1 } },
      { kind: "compare", sid, to, step: "stop", why: "broken" },
      { kind: "bye", sid, to: null, reason: "blocked" },
    ];
    for (const frame of frames) expect(parseFrame(JSON.parse(JSON.stringify(frame)))).toEqual(frame);
  });

  it("drops what it does not know", () => {
    const good = { kind: "description", sid, to, description: { type: "offer", sdp: "v=0" } };
    const bad: unknown[] = [
      null, 7, "hello", [], {}, { ...good, kind: "dance" }, { ...good, sid: "short" }, { ...good, sid: 5 }, { ...good, to: null },
      { ...good, description: null }, { ...good, description: { type: "rollback", sdp: "" } }, { ...good, description: { type: "offer" } },
      { kind: "candidate", sid, to, candidate: 5 }, { kind: "candidate", sid, to: null, candidate: null }, { kind: "state", sid, to: "x" },
      { kind: "restart", sid, to: null },
    ];
    for (const frame of bad) expect(parseFrame(frame)).toBeNull();
  });

  it("never hands on members it does not name", () => {
    const frame = parseFrame({ kind: "candidate", sid, to, candidate: { candidate: "c", evil: true }, more: 1 });
    expect(frame).toEqual({ kind: "candidate", sid, to, candidate: { candidate: "c" } });
  });
});

it("docs/call-frames.md names every kind the code takes, and no other", () => {
  const page = readFileSync(new URL("../../../docs/call-frames.md", import.meta.url), "utf8");
  const example = page.split("```json")[1]?.split("```")[0] ?? "";
  const kinds = new Set(example.trim().split("\n").map((line) => JSON.parse(line).kind as string));
  expect([...kinds].sort()).toEqual(["bye", "candidate", "compare", "description", "hello", "restart", "state"]);
  for (const line of example.trim().split("\n")) {
    const frame = JSON.parse(line) as Record<string, unknown>;
    const filled = { ...frame, sid, to: frame["to"] === null ? null : to };
    expect(parseFrame(filled)).toEqual(filled);
  }
});
