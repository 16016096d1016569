/** One look at a connection, in the words of W3C webrtc-stats. Counters are totals since the connection began. */
export interface CallStats {
  /** ms, the clock of `performance.now()`. */
  at: number;
  framesDecoded: number;
  framesSent: number;
  packetsReceived: number;
  packetsLost: number;
  packetsSent: number;
  /** RTP payload sent, in bytes: 0 until a track is attached. */
  bytesSent: number;
  bytesReceived: number;
  /** Of the selected pair, in ms; null before there is one. */
  rttMs: number | null;
  route: "direct" | "relay" | null;
  /** How our own relay candidate in use is reached; null when none is in use. */
  relayProtocol: "udp" | "tcp" | "tls" | null;
}

type Entry = Record<string, unknown>;

/** Read a connection's statistics. Works on Chromium, Safari and Firefox, which name the selected pair differently. */
export async function readStats(pc: RTCPeerConnection): Promise<CallStats> {
  const report = await pc.getStats();
  const entries = [...(report.values() as Iterable<Entry>)];
  const sum = (type: string, key: string): number =>
    entries.filter((entry) => entry["type"] === type).reduce((total, entry) => total + number(entry[key]), 0);
  const pair = selectedPair(entries);
  return {
    at: performance.now(),
    framesDecoded: sum("inbound-rtp", "framesDecoded"),
    framesSent: sum("outbound-rtp", "framesSent"),
    packetsReceived: sum("inbound-rtp", "packetsReceived"),
    packetsLost: sum("inbound-rtp", "packetsLost"),
    packetsSent: sum("outbound-rtp", "packetsSent"),
    bytesSent: sum("outbound-rtp", "bytesSent"),
    bytesReceived: sum("inbound-rtp", "bytesReceived"),
    rttMs: typeof pair?.["currentRoundTripTime"] === "number" ? pair["currentRoundTripTime"] * 1000 : null,
    route: pair ? routeOf(pair, report) : null,
    relayProtocol: pair ? relayProtocolOf(pair, report) : null,
  };
}

function selectedPair(entries: Entry[]): Entry | undefined {
  const transport = entries.find((entry) => entry["type"] === "transport" && entry["selectedCandidatePairId"]);
  if (transport) return entries.find((entry) => entry["id"] === transport["selectedCandidatePairId"]);
  return entries.find((entry) => entry["type"] === "candidate-pair" && (entry["selected"] === true || isNominated(entry)));
}

function isNominated(entry: Entry): boolean {
  return entry["nominated"] === true && entry["state"] === "succeeded";
}

/** Null while the report does not name both ends: what is not known is not called direct. */
function routeOf(pair: Entry, report: RTCStatsReport): CallStats["route"] {
  const ends = ["localCandidateId", "remoteCandidateId"].map((end) => (report.get(String(pair[end])) as Entry | undefined)?.["candidateType"]);
  if (ends.includes("relay")) return "relay";
  return ends.every(Boolean) ? "direct" : null;
}

function relayProtocolOf(pair: Entry, report: RTCStatsReport): CallStats["relayProtocol"] {
  const own = report.get(String(pair["localCandidateId"])) as Entry | undefined;
  const protocol = own?.["candidateType"] === "relay" ? own["relayProtocol"] : null;
  return protocol === "udp" || protocol === "tcp" || protocol === "tls" ? protocol : null;
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
