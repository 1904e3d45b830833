import { array, constantFrom, integer, record } from "fast-check";

export interface Value {
  readonly id: number;
}

interface SetLike {
  readonly size: number;
  add(value: Value): unknown;
  delete(value: Value): boolean;
}

type Step = { readonly kind: "add" | "delete"; readonly place: number };

/** Additions and deletions at random, of ten values. */
export const setSteps = array(record({ kind: constantFrom("add", "delete"), place: integer({ min: 0, max: 9 }) }), { maxLength: 60 });

/** What a set answers to each step, with its size and the ids in it in their order; to be compared with that of a `Set`. */
export function traceOf<Own extends SetLike>(set: Own, steps: readonly Step[], valuesOf: (set: Own) => Iterable<Value>): unknown[] {
  const values = Array.from({ length: 10 }, (_, id) => ({ id }));
  return steps.map(({ kind, place }) => {
    const value = values[place] ?? { id: place };
    const answer = kind === "add" ? set.add(value) === set : set.delete(value);
    return [answer, set.size, ...Array.from(valuesOf(set), ({ id }) => id)];
  });
}
