import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Throttle } from "../../src/patient/throttle";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("says the first at once and of many that follow the newest, once", () => {
  const said: string[] = [];
  const throttle = new Throttle(10_000, (text) => said.push(text));
  throttle.offer("4th");
  for (const place of ["3rd", "2nd", "3rd", "2nd"]) {
    vi.advanceTimersByTime(1_000);
    throttle.offer(place);
  }
  expect(said).toEqual(["4th"]);
  vi.advanceTimersByTime(6_000);
  expect(said).toEqual(["4th", "2nd"]);
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual(["4th", "2nd"]);
  throttle.offer("next");
  expect(said).toEqual(["4th", "2nd", "next"]);
});

it("says nothing after it was stopped", () => {
  const said: string[] = [];
  const throttle = new Throttle(10_000, (text) => said.push(text));
  throttle.offer("4th");
  throttle.offer("3rd");
  throttle.stop();
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual(["4th"]);
});
