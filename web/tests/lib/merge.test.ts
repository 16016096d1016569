import { describe, expect, test } from "vitest";
import { mergePatch } from "../../src/lib/merge";

/** RFC 7396 appendix A, whole. */
const APPENDIX: [unknown, unknown, unknown][] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [["a", "b"], ["c", "d"], ["c", "d"]],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

describe("merge patch", () => {
  test.each(APPENDIX)("%j with %j is %j", (target, patch, merged) => {
    expect(mergePatch(target, patch)).toEqual(merged);
  });

  test("changes neither argument and keeps what the patch does not name", () => {
    const target = { kept: { deep: 1 }, gone: 2, changed: { x: 1, y: 2 } };
    const before = structuredClone(target);
    const patch = { gone: null, changed: { y: null, z: 3 } };
    const merged = mergePatch(target, patch);
    expect(target).toEqual(before);
    expect(merged.kept).toBe(target.kept);
    expect(merged).toEqual({ kept: { deep: 1 }, changed: { x: 1, z: 3 } });
    expect(patch).toEqual({ gone: null, changed: { y: null, z: 3 } });
  });

  test("a member called __proto__ is a member, not a prototype", () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}')) as Record<string, unknown>;
    expect((merged as { polluted?: boolean }).polluted).toBeUndefined();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.keys(merged)).toEqual(["__proto__"]);
  });
});
