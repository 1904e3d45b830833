import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import { IntrusiveSet } from "./intrusive-set.ts";

const step = record({ kind: constantFrom("add" as const, "delete" as const), place: integer({ min: 0, max: 9 }) });

test("intrusive set - answers what a set would", () => {
  assert(
    property(array(step, { maxLength: 60 }), (steps) => {
      const values = Array.from({ length: 10 }, (_, id) => ({ id }));
      const set = new IntrusiveSet<{ readonly id: number }>();
      const model = new Set<{ readonly id: number }>();
      for (const { kind, place } of steps) {
        const value = values[place] ?? { id: place };
        const [left, expected] = kind === "add" ? [set.add(value) === set, model.add(value) === model] : [set.delete(value), model.delete(value)];
        expect(left).toBe(expected);
        expect(set.size).toBe(model.size);
        expect([...set]).toEqual([...model]);
      }
    }),
  );
});

test("intrusive set - members may leave while all are visited", () => {
  const values = [{ id: 1 }, { id: 2 }, { id: 3 }];
  const set = new IntrusiveSet<{ readonly id: number }>();
  for (const value of values) set.add(value);
  const visited: unknown[] = [];
  for (const value of set) {
    visited.push(value);
    set.delete(value);
  }
  expect(visited).toEqual(values);
  expect(set.size).toBe(0);
});
