import { array, assert, integer, oneof, property, record, constant } from "fast-check";
import { expect, test } from "vitest";
import { StreamTable } from "./stream-table.ts";

const odd = integer({ min: 0, max: 2_000 }).map((number) => number * 2 + 1);
/** Ids that share one place while the table is small. */
const clashing = integer({ min: 0, max: 200 }).map((number) => number * 512 + 1);
const id = oneof(odd, clashing);
const step = oneof(record({ kind: constant("set" as const), id }), record({ kind: constant("delete" as const), id }), record({ kind: constant("get" as const), id }));

test("stream table - answers what a map would, also where ids share a place and the table grows", () => {
  assert(
    property(array(step, { maxLength: 600, size: "max" }), (steps) => {
      const table = new StreamTable<{ readonly id: number }>();
      const model = new Map<number, { readonly id: number }>();
      for (const { kind, id } of steps) {
        const stream = { id };
        if (kind === "set") {
          table.set(id, stream);
          model.set(id, stream);
        }
        const [left, expected] = kind === "delete" ? [table.delete(id), model.delete(id)] : [];
        expect(left).toBe(expected);
        expect(table.get(id)).toBe(model.get(id));
        expect(table.has(id)).toBe(model.has(id));
        expect(table.size).toBe(model.size);
      }
      const all = new Map<number, unknown>();
      table.forEach((stream, id) => all.set(id, stream));
      expect(all).toEqual(model);
    }),
    { numRuns: 50 },
  );
});

test("stream table - streams may leave while all are visited", () => {
  const table = new StreamTable<number>();
  for (let id = 1; id < 2_000; id += 2) table.set(id, id);
  const visited: number[] = [];
  table.forEach((stream, id) => {
    visited.push(stream);
    table.delete(id);
  });
  expect(visited.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, index) => index * 2 + 1));
  expect(table.size).toBe(0);
});
