import { array, assert, constantFrom, integer, oneof, property, record, string } from "fast-check";
import { expect, test } from "vitest";
import { KeySet } from "./key-set.ts";

const key = oneof(string({ maxLength: 4 }), integer({ min: 0, max: 20_000 }).map(String));
const step = record({ kind: constantFrom("add" as const, "delete" as const), key });

test("key set - answers what a set would", () => {
  assert(
    property(array(step, { maxLength: 400, size: "max" }), (steps) => {
      const keys = new KeySet();
      const model = new Set<string>();
      for (const { kind, key } of steps) {
        const expected = kind === "delete" ? model.delete(key) : !model.has(key);
        if (kind === "add") model.add(key);
        expect(kind === "delete" ? keys.delete(key) : keys.add(key)).toBe(expected);
      }
    }),
    { numRuns: 100 },
  );
});

test("key set - holds far more than it has places for, and lets them go in any order", () => {
  const keys = new KeySet();
  const all = Array.from({ length: 20_000 }, (_, index) => `request ${index}`);
  expect(all.every((key) => keys.add(key))).toBe(true);
  expect(all.some((key) => keys.add(key))).toBe(false);
  const odd = all.filter((_, index) => index % 2 === 1);
  const even = all.filter((_, index) => index % 2 === 0).toReversed();
  for (const key of [...odd, ...even]) expect(keys.delete(key)).toBe(true);
  expect(all.some((key) => keys.delete(key))).toBe(false);
});
