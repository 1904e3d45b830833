import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import { SmallSet } from "./small-set.ts";

const step = record({ kind: constantFrom("add" as const, "delete" as const), place: integer({ min: 0, max: 9 }) });

test("small set - answers what a set would", () => {
  const values = Array.from({ length: 10 }, (_, id) => ({ id }));
  assert(
    property(array(step, { maxLength: 60 }), (steps) => {
      const small = new SmallSet<{ readonly id: number }>();
      const model = new Set<{ readonly id: number }>();
      for (const { kind, place } of steps) {
        const value = values[place] ?? { id: place };
        const [left, expected] = kind === "add" ? [small.add(value) === small, model.add(value) === model] : [small.delete(value), model.delete(value)];
        expect(left).toBe(expected);
        expect(small.size).toBe(model.size);
      }
      const visited: unknown[] = [];
      small.forEach((value) => visited.push(value));
      expect(visited).toEqual([...model]);
      expect([...small]).toEqual([...model]);
    }),
  );
});

test("small set - values may leave while all are visited", () => {
  const small = new SmallSet<number>().add(1).add(2).add(3);
  const visited: number[] = [];
  for (const value of small) {
    visited.push(value);
    small.delete(value);
  }
  expect(visited).toEqual([1, 2, 3]);
  expect(small.size).toBe(0);
});
