import { expect, it } from "vitest";
import { findWrongBooks, type Book } from "./books.ts";

const sound: Book = { item: "i", onHand: 8, reserved: 3, onHandSum: 8, reservedSum: 3, received: 10, held: 3, sold: 2 };

it("books while buyers buy - finds nothing in sound ones", () => {
  expect(findWrongBooks([{ timeMs: 1, books: [sound, { ...sound, item: "j" }] }])).toEqual([]);
});

it.each<[string, Partial<Book>, RegExp]>([
  ["more was sold than there was", { onHand: 2, onHandSum: 2, sold: 8 }, /^i: more is reserved than there is, 7 ms/],
  ["a unit appeared", { onHand: 9, onHandSum: 9 }, /^i: available, held and sold are not what was received/],
  ["a unit is lost", { onHand: 7, onHandSum: 7 }, /^i: available, held and sold are not what was received/],
  ["a sale left no trace in the stock", { sold: 3 }, /^i: available, held and sold are not what was received/],
  ["a hold ended and its units stayed reserved", { held: 2 }, /what is reserved is not what is held/],
  ["a movement is missing", { onHandSum: 9 }, /^i: the movements do not add up/],
])("books while buyers buy - says that %s, once", (_, damage, expected) => {
  const wrong = { ...sound, ...damage };
  const faults = findWrongBooks([
    { timeMs: 1, books: [sound] },
    { timeMs: 7, books: [wrong] },
    { timeMs: 9, books: [wrong] },
  ]);
  expect(faults.join("\n")).toMatch(expected);
  expect(new Set(faults).size).toBe(faults.length);
  expect(faults.every((fault) => fault.includes("7 ms"))).toBe(true);
});
