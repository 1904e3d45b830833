import { assert, property } from "fast-check";
import { expect, test } from "vitest";
import { PendingStreams } from "./pending-streams.ts";
import { setSteps, traceOf, type Value } from "./testing/set-model.ts";

test("pending streams - answer what a set would", () => {
  assert(
    property(setSteps, (steps) => {
      expect(traceOf(new PendingStreams<Value>(), steps, visited)).toEqual(traceOf(new Set<Value>(), steps, (set) => set));
    }),
  );
});

function visited(pending: PendingStreams<Value>): Value[] {
  const values: Value[] = [];
  pending.forEach((value) => values.push(value));
  return values;
}

test("pending streams - may leave while all are visited", () => {
  const pending = new PendingStreams<number>().add(1).add(2).add(3);
  const visited: number[] = [];
  pending.forEach((stream) => {
    visited.push(stream);
    pending.delete(stream);
  });
  expect(visited).toEqual([1, 2, 3]);
  expect(pending.size).toBe(0);
});
