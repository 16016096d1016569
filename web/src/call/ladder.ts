/**
 * The ladder of a call on a bad network: picture → small picture → voice → telephone → text. Pure: a state and a look at the line
 * in, a state out. What is felt is a step down at once when it must be, and up only after the line has been good for a while.
 *
 * For somebody who is deaf or signs, picture and text come before sound: there is no rung of voice alone and none of a telephone.
 */
export const RUNGS = ["text", "phone", "voice", "small", "video"] as const;
export type Rung = (typeof RUNGS)[number];
/** Why it went to where it is, in one word each; the pages have a sentence for each. `back`: from the telephone, by either side; `no-phone`: none could be rung. */
export type Reason = "begin" | "good" | "slow" | "loss" | "delay" | "silent" | "lost" | "chosen" | "back" | "no-phone";

export interface Health {
  /** ms, any clock that only goes forward. */
  at: number;
  /** The connection stands. */
  connected: boolean;
  /** Of what we send, the part that does not arrive, 0 to 1; null: not known yet. */
  loss: number | null;
  rttMs: number | null;
  /** What the network carries from here, in kbit/s; null where the browser does not say. */
  kbps: number | null;
  /** For how long nothing has arrived although something should, in ms. */
  silentMs: number;
}

export interface Limits {
  /** Deaf or signing: never voice alone, never a telephone. */
  signs: boolean;
  /** The highest rung somebody wants; a choice, not a judgement. */
  ceiling: Rung;
}

export interface Ladder {
  rung: Rung;
  reason: Reason;
  /** When it came to this rung. */
  since: number;
  /** Since when the line has been bad, or lost, or good; null when it is not. */
  badSince: number | null;
  lostSince: number | null;
  goodSince: number | null;
  /** How often a step up came to nothing: each doubles the wait for the next. */
  failed: number;
}

/** A step down after so long on a bad line: longer than a door that closes between phone and router. */
export const DOWN_MS = 3_000;
/** A step up after so long on a good one, doubled with each that came to nothing. */
export const UP_MS = 8_000;
export const UP_MOST_MS = 64_000;
/** A line that is gone: voice first when it comes back, then the telephone rings (product.md, journey 1). */
export const VOICE_MS = 10_000;
export const PHONE_MS = 25_000;
/** A step up that is lost again within this time was one too many. */
const PROOF_MS = 20_000;

/** What a rung needs to be kept, and what it takes to be climbed to: the gap between the two is the hysteresis. */
interface Need {
  kbps: number;
  loss: number;
  rttMs: number;
}
const KEEP: Record<"video" | "small" | "voice", Need> = {
  video: { kbps: 350, loss: 0.06, rttMs: 700 },
  small: { kbps: 110, loss: 0.14, rttMs: 1_100 },
  voice: { kbps: 16, loss: 0.35, rttMs: 2_500 },
};
const CLIMB: Record<"video" | "small" | "voice", Need> = {
  // While a small picture is sent a browser looks for little more than that takes; the rest is found out by trying.
  video: { kbps: 280, loss: 0.03, rttMs: 450 },
  // From voice alone a browser does not learn what a picture would have: the small one is the trial.
  small: { kbps: 0, loss: 0.05, rttMs: 700 },
  voice: { kbps: 0, loss: 0.15, rttMs: 1_500 },
};
const SILENT_MS = 6_000;

export function begin(at: number, ceiling: Rung = "video"): Ladder {
  return { rung: ceiling, reason: "begin", since: at, badSince: null, lostSince: null, goodSince: null, failed: 0 };
}

const rank = (rung: Rung): number => RUNGS.indexOf(rung);

/** The rungs there are for this person, from the lowest. */
export function rungsFor({ signs, ceiling }: Limits): Rung[] {
  return RUNGS.filter((rung) => !(signs && (rung === "voice" || rung === "phone")) && rank(rung) <= rank(ceiling));
}

function neighbour(rung: Rung, limits: Limits, up: boolean): Rung {
  const there = rungsFor(limits);
  const next = up ? there.find((one) => rank(one) > rank(rung)) : there.reverse().find((one) => rank(one) < rank(rung));
  return next ?? rung;
}

/** What is wrong with this look for this rung; null: nothing. */
function wrong(rung: Rung, health: Health): Reason | null {
  if (rung === "phone" || rung === "text") return null;
  const need = KEEP[rung];
  if (health.silentMs >= SILENT_MS) return "silent";
  if (health.loss !== null && health.loss > need.loss) return "loss";
  if (health.kbps !== null && health.kbps < need.kbps) return "slow";
  return health.rttMs !== null && health.rttMs > need.rttMs ? "delay" : null;
}

function enough(rung: Rung, health: Health): boolean {
  if (!health.connected || health.silentMs > 0) return false;
  if (rung === "phone" || rung === "text") return true;
  const need = CLIMB[rung];
  return (health.loss ?? 1) <= need.loss && (health.rttMs ?? Infinity) <= need.rttMs && (health.kbps === null || health.kbps >= need.kbps);
}

/** One look at the line. */
export function step(ladder: Ladder, health: Health, limits: Limits): Ladder {
  const allowed = rungsFor(limits);
  if (!allowed.includes(ladder.rung)) return moved(ladder, health.at, neighbour(ladder.rung, limits, false), "chosen");
  return health.connected ? held(ladder, health, limits) : gone(ladder, health, limits);
}

/** The connection does not stand: nothing is judged but how long. */
function gone(ladder: Ladder, { at }: Health, limits: Limits): Ladder {
  const lostSince = ladder.lostSince ?? at;
  const waiting = { ...ladder, lostSince, badSince: null, goodSince: null };
  const away = at - lostSince;
  const lower = (wanted: Rung): Rung => (rungsFor(limits).includes(wanted) ? wanted : neighbour(wanted, limits, false));
  const wanted = away >= PHONE_MS ? lower("phone") : away >= VOICE_MS ? (limits.signs ? lower("small") : lower("voice")) : ladder.rung;
  return rank(wanted) < rank(ladder.rung) ? { ...moved(waiting, at, wanted, "lost"), lostSince } : waiting;
}

function held(ladder: Ladder, health: Health, limits: Limits): Ladder {
  const { at } = health;
  const bad = wrong(ladder.rung, health);
  if (bad !== null) {
    const badSince = ladder.badSince ?? at;
    const next = { ...ladder, lostSince: null, goodSince: null, badSince };
    return at - badSince >= DOWN_MS ? moved(next, at, neighbour(ladder.rung, limits, false), bad) : next;
  }
  const above = neighbour(ladder.rung, limits, true);
  const good = above !== ladder.rung && enough(above, health);
  const goodSince = good ? (ladder.goodSince ?? at) : null;
  // What has held for a while is not on trial any more.
  const failed = at - ladder.since > PROOF_MS && ladder.reason === "good" ? 0 : ladder.failed;
  const next = { ...ladder, lostSince: null, badSince: null, goodSince, failed };
  // Somebody holds a telephone, or writes: going back is offered, and a person's press.
  if (ladder.rung === "phone") return next;
  const wait = Math.min(UP_MOST_MS, UP_MS * 2 ** ladder.failed);
  return goodSince !== null && at - goodSince >= wait ? moved(next, at, above, "good") : next;
}

function moved(ladder: Ladder, at: number, rung: Rung, reason: Reason): Ladder {
  if (rung === ladder.rung) return ladder;
  const down = rank(rung) < rank(ladder.rung);
  const inVain = down && reason !== "chosen" && ladder.reason === "good" && at - ladder.since <= PROOF_MS;
  return { rung, reason, since: at, badSince: null, lostSince: null, goodSince: null, failed: ladder.failed + (inVain ? 1 : 0) };
}

/** Is the way back from the telephone worth offering? */
export function mayReturn(ladder: Ladder, at: number): boolean {
  return ladder.rung === "phone" && ladder.goodSince !== null && at - ladder.goodSince >= UP_MS;
}

/** Up or down to this rung, now: a person's press, or what became of the telephone. */
export function choose(ladder: Ladder, at: number, rung: Rung, reason: "chosen" | "back" | "no-phone" = "chosen"): Ladder {
  return { ...moved(ladder, at, rung, reason), failed: 0 };
}
