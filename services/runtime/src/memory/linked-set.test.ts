import { assert, constantFrom, array, property } from "fast-check";
import { expect, test } from "vitest";
import { LinkedSet, type Link } from "./linked-set.ts";

test("linked set - adding, taking the first and taking from anywhere leaves what an array would hold", () => {
  assert(
    property(array(constantFrom("add", "shift", "delete first", "delete middle", "delete last")), (steps) => {
      const set = new LinkedSet<number>();
      let model: Link<number>[] = [];
      let gone: Link<number> | undefined;
      let next = 0;
      const shifted: [number | undefined, number | undefined][] = [];
      const take = (link: Link<number> | undefined): void => {
        if (link === undefined) return;
        expect(set.delete(link)).toBe(true);
        model = model.filter((other) => other !== link);
        gone = link;
      };
      for (const step of steps) {
        if (step === "add") model.push(set.add(next++));
        else if (step === "shift") {
          gone = model.shift();
          shifted.push([set.shift(), gone?.value]);
        } else if (step === "delete first") take(model[0]);
        else if (step === "delete middle") take(model[model.length >> 1]);
        else if (step === "delete last") take(model.at(-1));
        const left = gone === undefined ? [] : [set.delete(gone), gone.before, gone.after];
        expect(left).toEqual(left.length === 0 ? [] : [false, undefined, undefined]);
        expect(shifted.filter(([value, expected]) => value !== expected)).toEqual([]);
        expect([...set]).toEqual(model.map(({ value }) => value));
        expect(set.size).toBe(model.length);
      }
    }),
  );
});
