import { describe, expect, it } from "vitest";
import { begin, choose, DOWN_MS, mayReturn, PHONE_MS, RUNGS, rungsFor, step, UP_MOST_MS, UP_MS, VOICE_MS, type Health, type Ladder, type Limits, type Rung } from "../../src/call/ladder";

const HEARING: Limits = { signs: false, ceiling: "video" };
const SIGNING: Limits = { signs: true, ceiling: "video" };
const rank = (rung: Rung): number => RUNGS.indexOf(rung);

const good = { connected: true, loss: 0, rttMs: 60, kbps: 2_000, silentMs: 0 };
const lost = { connected: false, loss: null, rttMs: null, kbps: null, silentMs: 0 };
const slow = { ...good, kbps: 200 };
const bad = { ...good, kbps: 60, loss: 0.2 };
const worst = { ...good, kbps: 8, loss: 0.5 };

type Look = Omit<Health, "at">;

/** So many seconds of the same look, one a second. */
function during(ladder: Ladder, from: number, seconds: number, look: Look, limits = HEARING): { ladder: Ladder; at: number; changes: Ladder[] } {
  const changes: Ladder[] = [];
  let [now, at] = [ladder, from];
  for (let second = 0; second < seconds; second++) {
    at += 1_000;
    const next = step(now, { at, ...look }, limits);
    if (next.rung !== now.rung) changes.push(next);
    now = next;
  }
  return { ladder: now, at, changes };
}

/** mulberry32: the same walk for the same seed, so that a failure can be walked again. */
function dice(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function anyLook(random: () => number): Look {
  const connected = random() > 0.25;
  const maybe = (value: number): number | null => (random() > 0.1 ? value : null);
  return { connected, loss: maybe(random() ** 3), rttMs: maybe(random() ** 2 * 3_000), kbps: maybe(random() ** 2 * 3_000), silentMs: random() > 0.9 ? random() * 12_000 : 0 };
}

function* walks(count: number): Generator<[number, () => number]> {
  for (let seed = 1; seed <= count; seed++) yield [seed, dice(seed)];
}

describe("the ladder", () => {
  it("goes down rung by rung on a line that gets worse, with the reason of each step, and back up when it is good", () => {
    const small = during(begin(0), 0, 5, slow);
    expect([small.ladder.rung, small.ladder.reason]).toEqual(["small", "slow"]);
    const voice = during(small.ladder, small.at, 5, bad);
    expect([voice.ladder.rung, voice.ladder.reason]).toEqual(["voice", "loss"]);
    const phone = during(voice.ladder, voice.at, 5, worst);
    expect(phone.ladder.rung).toBe("phone");
    const again = during(choose(phone.ladder, phone.at, "voice"), phone.at, 60, good);
    expect(again.changes.map(({ rung, reason }) => [rung, reason])).toEqual([["small", "good"], ["video", "good"]]);
  });

  it("keeps the telephone until somebody wants to go back, and offers it when the line is good", () => {
    const phone = during(begin(0), 0, 30, lost);
    expect(phone.ladder.rung).toBe("phone");
    const back = during(phone.ladder, phone.at, 60, good);
    expect(back.ladder.rung).toBe("phone");
    expect(mayReturn(back.ladder, back.at)).toBe(true);
    expect(mayReturn(during(back.ladder, back.at, 2, lost).ladder, back.at + 2_000)).toBe(false);
  });

  it("waits ten seconds for a line that is gone, then voice, and the telephone at twenty-five", () => {
    expect(during(begin(0), 0, 9, lost).ladder.rung).toBe("video");
    const voice = during(begin(0), 0, 12, lost);
    expect([voice.ladder.rung, voice.ladder.since]).toEqual(["voice", 1_000 + VOICE_MS]);
    const phone = during(begin(0), 0, 30, lost);
    expect([phone.ladder.rung, phone.ladder.since]).toEqual(["phone", 1_000 + PHONE_MS]);
  });

  it("lets whoever signs keep the picture, and ends in text", () => {
    expect(during(begin(0), 0, 20, bad, SIGNING).changes.map(({ rung }) => rung)).toEqual(["small", "text"]);
    expect(during(begin(0), 0, 12, lost, SIGNING).ladder.rung).toBe("small");
    expect(during(begin(0), 0, 30, lost, SIGNING).ladder.rung).toBe("text");
    const text = during(begin(0), 0, 30, lost, SIGNING);
    expect(during(text.ladder, text.at, 60, good, SIGNING).ladder.rung).toBe("video");
  });

  it("stays below what somebody chose, and goes no higher by itself", () => {
    const limits: Limits = { signs: false, ceiling: "voice" };
    const now = step(begin(0), { at: 1, ...good }, limits);
    expect([now.rung, now.reason]).toEqual(["voice", "chosen"]);
    expect(during(now, 1, 300, good, limits).changes).toEqual([]);
  });
});

describe("whatever the line does", () => {
  it("is always on a rung that this person has", () => {
    for (const [seed, random] of walks(200)) {
      const limits: Limits = { signs: random() > 0.5, ceiling: random() > 0.5 ? "video" : "small" };
      let ladder = begin(0, limits.ceiling);
      for (let at = 0; at < 120_000; at += 1_000) {
        ladder = step(ladder, { at, ...anyLook(random) }, limits);
        expect(rungsFor(limits), `seed ${seed} at ${at}`).toContain(ladder.rung);
        if (limits.signs) expect(["voice", "phone"], `seed ${seed}`).not.toContain(ladder.rung);
      }
    }
  });

  it("climbs one rung at a time, and never within the time that a good line must last", () => {
    for (const [seed, random] of walks(200)) {
      let ladder = begin(0);
      let since = 0;
      for (let at = 0; at < 180_000; at += 1_000) {
        const next = step(ladder, { at, ...anyLook(random) }, HEARING);
        if (rank(next.rung) > rank(ladder.rung)) {
          expect(rank(next.rung) - rank(ladder.rung), `seed ${seed}`).toBe(1);
          expect(at - since, `seed ${seed}`).toBeGreaterThanOrEqual(UP_MS);
        }
        if (next.rung !== ladder.rung) since = at;
        ladder = next;
      }
    }
  });

  it("does not flap: a line that changes faster than a step down changes nothing, and a slower one less and less often", () => {
    for (const period of [1, 2]) {
      let ladder = begin(0);
      for (let second = 0; second < 300; second++) ladder = step(ladder, { at: second * 1_000, ...(Math.floor(second / period) % 2 ? slow : good) }, HEARING);
      expect([period, ladder.rung]).toEqual([period, "video"]);
    }
    for (let period = 4; period <= 40; period += 3) {
      const ups: number[] = [];
      let ladder = begin(0);
      for (let second = 0; second < 1_200; second++) {
        const next = step(ladder, { at: second * 1_000, ...(Math.floor(second / period) % 2 ? slow : good) }, HEARING);
        if (rank(next.rung) > rank(ladder.rung)) ups.push(second);
        ladder = next;
      }
      // Each step up that is lost at once doubles the wait: in twenty minutes there are never more than these.
      if (period * 1_000 <= DOWN_MS + UP_MS) expect(ups.length, `period ${period}`).toBeLessThanOrEqual(8);
      expect(ups.length, `period ${period}`).toBeLessThanOrEqual(Math.ceil(1_200 / (2 * period)));
    }
  });

  it("is back at the picture two minutes after the line became good, from wherever it was (from the telephone by a press)", () => {
    for (const [seed, random] of walks(200)) {
      for (const limits of [HEARING, SIGNING]) {
        let ladder = begin(0);
        let at = 0;
        for (; at < 60_000; at += 1_000) ladder = step(ladder, { at, ...anyLook(random) }, limits);
        if (ladder.rung === "phone") ladder = choose(ladder, at, "voice");
        const end = during(ladder, at, (3 * (UP_MOST_MS + UP_MS)) / 1_000, good, limits);
        expect(end.ladder.rung, `seed ${seed}`).toBe("video");
      }
    }
  });

  it("never leaves anybody with a dead line: after 25 seconds there is a telephone or a text", () => {
    for (const [seed, random] of walks(200)) {
      let ladder = begin(0);
      let at = 0;
      const limits: Limits = { signs: random() > 0.5, ceiling: "video" };
      for (; at < 60_000; at += 1_000) ladder = step(ladder, { at, ...anyLook(random) }, limits);
      const end = during(ladder, at, PHONE_MS / 1_000 + 1, lost, limits);
      expect(rank(end.ladder.rung), `seed ${seed}`).toBeLessThanOrEqual(rank(limits.signs ? "text" : "phone"));
    }
  });

  it("is no better off on a worse line: the same walk with more loss and less speed never stands higher at its end", () => {
    for (const [seed, random] of walks(100)) {
      const looks = Array.from({ length: 40 }, () => anyLook(random));
      const worse = looks.map((look) => ({ ...look, loss: 1, kbps: 0 }));
      const run = (all: Look[]): Ladder => all.reduce((now, look, index) => step(now, { at: index * 1_000, ...look }, HEARING), begin(0));
      expect(rank(run(worse).rung), `seed ${seed}`).toBeLessThanOrEqual(rank(run(looks).rung));
    }
  });
});
