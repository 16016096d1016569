import { describe, expect, it } from "vitest";
import { readStats } from "../../src/call/stats";

const report = (...ends: [string?, string?]): RTCPeerConnection => {
  const entries: [string, object][] = [["pair", { id: "pair", type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: "own", remoteCandidateId: "theirs" }]];
  for (const [at, candidateType] of ends.entries()) if (candidateType) entries.push([["own", "theirs"][at] ?? "", { candidateType }]);
  return { getStats: async () => new Map(entries) } as unknown as RTCPeerConnection;
};

describe("the way of a call", () => {
  it.each([
    [["relay", "host"], "relay"],
    [["prflx", "relay"], "relay"],
    [["host", "srflx"], "direct"],
    [["host", undefined], null],
    [[undefined, undefined], null],
  ] as const)("%j is %s: direct only when both ends are known", async (ends, route) => {
    expect((await readStats(report(...ends))).route).toBe(route);
  });
});
