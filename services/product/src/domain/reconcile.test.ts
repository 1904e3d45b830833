import { assert, bigInt, property, record } from "fast-check";
import { expect, test } from "vitest";
import { decideReconciliation } from "./reconcile.ts";

const sound = { onHand: 10n, reserved: 3n, onHandSum: 10n, reservedSum: 3n, held: 3n };

test("reconcile - sound books need nothing", () => {
  expect(decideReconciliation(sound)).toEqual({ kind: "reconciled", movements: [], change: { onHandDelta: 0n, reservedDelta: 0n } });
});

test("reconcile - units that the ledger does not know are taken off, and both are written down", () => {
  expect(decideReconciliation({ ...sound, onHand: 14n })).toEqual({
    kind: "reconciled",
    movements: [{ onHandDelta: 4n, reservedDelta: 0n }, { onHandDelta: -4n, reservedDelta: 0n }],
    change: { onHandDelta: -4n, reservedDelta: 0n },
  });
});

test("reconcile - units that are gone without a movement stay gone, and the ledger says so", () => {
  expect(decideReconciliation({ ...sound, onHand: 8n })).toEqual({
    kind: "reconciled",
    movements: [{ onHandDelta: -2n, reservedDelta: 0n }],
    change: { onHandDelta: 0n, reservedDelta: 0n },
  });
});

test("reconcile - holds that the state forgot are reserved again", () => {
  expect(decideReconciliation({ ...sound, reserved: 1n })).toMatchObject({ kind: "reconciled", change: { onHandDelta: 0n, reservedDelta: 2n } });
});

test("reconcile - what would put units on sale, or take held ones away, is left to an admin", () => {
  expect(decideReconciliation({ ...sound, reserved: 5n }).kind).toBe("repair-unsafe");
  expect(decideReconciliation({ ...sound, onHand: 2n, reserved: 2n }).kind).toBe("repair-unsafe");
});

test("reconcile - afterwards movements, holds and state agree, and not one unit more can be sold", () => {
  const units = bigInt({ min: 0n, max: 20n });
  const books = record({ onHand: units, reserved: units, onHandSum: units, reservedSum: units, held: units });
  assert(
    property(books, (before) => {
      const outcome = decideReconciliation(before);
      if (outcome.kind !== "reconciled") return;
      const onHand = before.onHand + outcome.change.onHandDelta;
      const reserved = before.reserved + outcome.change.reservedDelta;
      const sumOf = (of: "onHandDelta" | "reservedDelta", start: bigint) => outcome.movements.reduce((sum, movement) => sum + movement[of], start);
      expect([sumOf("onHandDelta", before.onHandSum), sumOf("reservedDelta", before.reservedSum), before.held]).toEqual([onHand, reserved, reserved]);
      expect(onHand).toBeGreaterThanOrEqual(reserved);
      expect(onHand - reserved).toBeLessThanOrEqual(before.onHand - before.reserved);
    }),
  );
});
