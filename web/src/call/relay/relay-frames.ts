/** What the pages of a relayed call say to each other beside `bye`. See docs/call-frames.md. */
import { isRecord, isSid, type Sends, sendsOf } from "../frames";

/**
 * "I am in the relayed call": who I am, the key that mine are sealed with and theirs to, and what I send. Said again whenever any of
 * it changes; `ask`: please say yours.
 */
export interface RelayFrame {
  kind: "relay";
  sid: string;
  ask: boolean;
  hello: unknown;
  /** X25519, base64url. The same as in `hello`, where that is signed. */
  kem: string;
  /** How often this page has made its connection to the relay; 0: not yet. */
  published: number;
  state: Sends;
}

/** The key of the sender's frames, sealed to the receiver. */
export interface KeyFrame {
  kind: "key";
  sid: string;
  to: string;
  gen: number;
  slot: number;
  sealed: string;
}

/** The frame, or null when it is none of these. */
export function parseRelayFrame(d: unknown): RelayFrame | KeyFrame | null {
  if (!isRecord(d) || !isSid(d["sid"])) return null;
  if (d["kind"] === "relay") return relayFrame(d["sid"], d);
  return d["kind"] === "key" && isSid(d["to"]) ? keyFrame(d["sid"], d["to"], d) : null;
}

const KEM = /^[A-Za-z0-9_-]{43}$/;

function relayFrame(sid: string, d: Record<string, unknown>): RelayFrame | null {
  const [kem, published, state] = [d["kem"], d["published"], d["state"]];
  if (typeof kem !== "string" || !KEM.test(kem) || !isCount(published) || !isRecord(state)) return null;
  return { kind: "relay", sid, ask: d["ask"] === true, hello: d["hello"] ?? null, kem, published, state: sendsOf(state) };
}

function keyFrame(sid: string, to: string, d: Record<string, unknown>): KeyFrame | null {
  const { gen, slot, sealed } = d;
  if (!isCount(gen) || !isCount(slot) || slot > 31 || typeof sealed !== "string") return null;
  return { kind: "key", sid, to, gen, slot, sealed };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
