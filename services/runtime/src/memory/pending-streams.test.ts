import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import { PendingStreams } from "./pending-streams.ts";

const step = record({ kind: constantFrom("add" as const, "delete" as const), place: integer({ min: 0, max: 9 }) });

test("pending streams - answer what a set would", () => {
  const streams = Array.from({ length: 10 }, (_, id) => ({ id }));
  assert(
    property(array(step, { maxLength: 60 }), (steps) => {
      const pending = new PendingStreams<{ readonly id: number }>();
      const model = new Set<{ readonly id: number }>();
      for (const { kind, place } of steps) {
        const stream = streams[place] ?? { id: place };
        const [left, expected] = kind === "add" ? [pending.add(stream) === pending, model.add(stream) === model] : [pending.delete(stream), model.delete(stream)];
        expect(left).toBe(expected);
        expect(pending.size).toBe(model.size);
      }
      const visited: unknown[] = [];
      pending.forEach((stream) => visited.push(stream));
      expect(visited).toEqual([...model]);
    }),
  );
});

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
