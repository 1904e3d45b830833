import { assert, property } from "fast-check";
import { expect, test } from "vitest";
import { IntrusiveSet } from "./intrusive-set.ts";
import { setSteps, traceOf, type Value } from "./testing/set-model.ts";

test("intrusive set - answers what a set would", () => {
  assert(
    property(setSteps, (steps) => {
      expect(traceOf(new IntrusiveSet<Value>(), steps, (set) => set)).toEqual(traceOf(new Set<Value>(), steps, (set) => set));
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
