import { expect, test } from "vitest";
import { apart } from "../../src/staff/charts";

test("the names of two lines stand at their last values", () => {
  const ends = apart([{ name: "most", tone: "blue", values: [8, 10, null] }, { name: "half", tone: "teal", values: [4, 7, null] }], 2);
  expect([...ends]).toEqual([["half", 7], ["most", 10]]);
});

test("names that would stand on each other are kept apart, the upper one moves", () => {
  const ends = apart([{ name: "most", tone: "blue", values: [8, 7.5] }, { name: "half", tone: "teal", values: [4, 7] }], 2);
  expect([...ends]).toEqual([["half", 7], ["most", 9]]);
});

test("a line without a value has no name", () => {
  const ends = apart([{ name: "most", tone: "blue", values: [null] }, { name: "half", tone: "teal", values: [4] }], 2);
  expect([...ends]).toEqual([["half", 4]]);
});
