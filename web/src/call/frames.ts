/**
 * The `d` of a call frame: what two pages of one visit say to each other through the live channel.
 *
 * The live plane passes these on unread, so every frame that arrives is checked here before anything else touches it.
 * Described for people in docs/call-frames.md.
 */

/** "I am here": who I am in this connection, and what I sign for. `to` is the session of yours I know of. */
export interface HelloFrame {
  kind: "hello";
  sid: string;
  to: string | null;
  /** CRP-1 section 6, or null when this side has no device keys. Opaque here. */
  hello: unknown;
}

export interface DescriptionFrame {
  kind: "description";
  sid: string;
  to: string;
  description: { type: "offer" | "answer"; sdp: string };
  /** Of an answer: the mark of the offer it answers. */
  answers?: string;
}

export interface CandidateFrame {
  kind: "candidate";
  sid: string;
  to: string;
  /** null or an empty candidate: no more will come. */
  candidate: RTCIceCandidateInit | null;
}

/** What a side's line carries of what it would send. */
export type Carried = "all" | "voice" | "none";

/** What the other side should expect to see and hear. Only for display: nothing is decided by it. */
export interface Sends {
  started: boolean;
  audio: boolean;
  video: boolean;
  /** The picture is a screen: shown whole. */
  screen: boolean;
  /** Why less comes than was switched on: the sender's line. */
  line: Carried;
  /** A minute was asked for: the sender starts by a tap, not by the count. */
  hold: boolean;
}

export interface StateFrame extends Sends {
  kind: "state";
  sid: string;
  to: string;
}

/** The polite side needs new paths: the other one offers, so that two restarts never meet. */
export interface RestartFrame {
  kind: "restart";
  sid: string;
  to: string;
  /** The sender's ways have changed (admitted, new credentials): needed even when the line stands. */
  fresh: boolean;
}

/** One step of comparing pictures; see compare.ts. */
export type CompareStep =
  | { step: "ask" }
  | { step: "commit"; commitment: string }
  | { step: "hello" | "reveal"; hello: unknown }
  | { step: "stop"; why: "unproven" | "broken" };

export type CompareFrame = { kind: "compare"; sid: string; to: string } & CompareStep;

export interface ByeFrame {
  kind: "bye";
  sid: string;
  to: string | null;
  reason: ByeReason;
}

/** `left`: this page is done. `blocked`: the fingerprints did not match, nothing will be shown or sent. */
export type ByeReason = "left" | "blocked";
export type Frame = HelloFrame | DescriptionFrame | CandidateFrame | StateFrame | RestartFrame | CompareFrame | ByeFrame;

const SID = /^[A-Za-z0-9_-]{22}$/;

/** A fresh session id: 16 random bytes as base64url. */
export function newSid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The frame, or null when it is none of ours (an unknown kind from a newer page, or nonsense). */
export function parseFrame(d: unknown): Frame | null {
  if (!isRecord(d) || !isSid(d["sid"])) return null;
  const sid = d["sid"];
  const to = isSid(d["to"]) ? d["to"] : null;
  switch (d["kind"]) {
    case "hello":
      return { kind: "hello", sid, to, hello: d["hello"] ?? null };
    case "bye":
      return { kind: "bye", sid, to, reason: d["reason"] === "blocked" ? "blocked" : "left" };
    case "description":
      return to === null ? null : descriptionFrame(sid, to, d);
    case "candidate":
      return to === null ? null : candidateFrame(sid, to, d["candidate"]);
    case "state":
      return to === null ? null : { kind: "state", sid, to, ...sendsOf(d) };
    case "restart":
      return to === null ? null : { kind: "restart", sid, to, fresh: d["fresh"] === true };
    case "compare":
      return to === null ? null : compareFrame(sid, to, d);
    default:
      return null;
  }
}

/** What is not said is not so. */
export function sendsOf(said: object): Sends {
  const is = (name: string): boolean => (said as Record<string, unknown>)[name] === true;
  const { line } = said as { line?: unknown };
  return { started: is("started"), audio: is("audio"), video: is("video"), screen: is("screen"), line: line === "voice" || line === "none" ? line : "all", hold: is("hold") };
}

function descriptionFrame(sid: string, to: string, d: Record<string, unknown>): DescriptionFrame | null {
  const value = d["description"];
  if (!isRecord(value) || typeof value["sdp"] !== "string") return null;
  const type = value["type"];
  if (type !== "offer" && type !== "answer") return null;
  const frame: DescriptionFrame = { kind: "description", sid, to, description: { type, sdp: value["sdp"] } };
  return typeof d["answers"] === "string" ? { ...frame, answers: d["answers"] } : frame;
}

function candidateFrame(sid: string, to: string, value: unknown): CandidateFrame | null {
  if (value === null || value === undefined) return { kind: "candidate", sid, to, candidate: null };
  if (!isRecord(value) || typeof value["candidate"] !== "string") return null;
  const candidate: RTCIceCandidateInit = { candidate: value["candidate"] };
  if (typeof value["sdpMid"] === "string") candidate.sdpMid = value["sdpMid"];
  if (typeof value["sdpMLineIndex"] === "number") candidate.sdpMLineIndex = value["sdpMLineIndex"];
  if (typeof value["usernameFragment"] === "string") candidate.usernameFragment = value["usernameFragment"];
  return { kind: "candidate", sid, to, candidate };
}

function compareFrame(sid: string, to: string, d: Record<string, unknown>): CompareFrame | null {
  const frame = { kind: "compare" as const, sid, to };
  switch (d["step"]) {
    case "ask":
      return { ...frame, step: "ask" };
    case "commit":
      return typeof d["commitment"] === "string" ? { ...frame, step: "commit", commitment: d["commitment"] } : null;
    case "hello":
    case "reveal":
      return isRecord(d["hello"]) ? { ...frame, step: d["step"], hello: d["hello"] } : null;
    case "stop":
      return { ...frame, step: "stop", why: d["why"] === "broken" ? "broken" : "unproven" };
    default:
      return null;
  }
}

export function isSid(value: unknown): value is string {
  return typeof value === "string" && SID.test(value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
