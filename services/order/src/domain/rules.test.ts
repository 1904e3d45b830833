import { array, assert, bigInt, constant, integer, property, record, string } from "fast-check";
import { expect, test } from "vitest";
import { KeySet } from "@flashdeal/runtime/memory";
import { sameLines } from "./create-orders.ts";
import { paymentIdOf, reservationIdOf } from "./ids.ts";
import { sumOfLines } from "./money.ts";
import { createRunningRequests } from "./running-requests.ts";

const money = record({
  currencyCode: constant("USD"),
  units: bigInt({ min: 0n, max: 1_000_000_000n }),
  nanos: integer({ min: 0, max: 999_999_999 }),
});
const line = record({ quantity: bigInt({ min: 1n, max: 1_000_000n }), unitPrice: money });

test("money - a sum is exact and normal", () => {
  assert(
    property(array(line, { minLength: 1, maxLength: 100 }), (lines) => {
      const total = sumOfLines(lines);
      if (typeof total === "string") throw new Error(total);
      const exact = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * (unitPrice.units * 1_000_000_000n + BigInt(unitPrice.nanos)), 0n);
      expect(total.units * 1_000_000_000n + BigInt(total.nanos)).toBe(exact);
      expect(total.nanos).toBeLessThan(1_000_000_000);
    }),
  );
});

test("money - currencies do not mix, and 64 bits are the limit", () => {
  const unitPrice = { currencyCode: "USD", units: 9_223_372_036_854_775_807n, nanos: 0 };
  expect(sumOfLines([{ quantity: 1n, unitPrice }])).toEqual(unitPrice);
  expect(sumOfLines([{ quantity: 2n, unitPrice }])).toBe("too-large");
  expect(sumOfLines([{ quantity: 1n, unitPrice }, { quantity: 1n, unitPrice: { ...unitPrice, currencyCode: "EUR" } }])).toBe("mixed-currencies");
});

test("ids - the same call has the same id, and no other has", () => {
  assert(
    property(string(), string(), string(), string(), (scope, requestId, otherScope, otherId) => {
      const id = reservationIdOf(scope, requestId);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(reservationIdOf(scope, requestId)).toBe(id);
      expect(reservationIdOf(otherScope, otherId) === id).toBe(scope === otherScope && requestId === otherId);
      expect(paymentIdOf("o", scope, requestId)).not.toBe(id);
    }),
  );
});

test("lines - are the same however they are split and ordered", () => {
  const split = [{ dealId: "A", quantity: 1n }, { dealId: "b", quantity: 2n }, { dealId: "a", quantity: 2n }];
  expect(sameLines(split, [{ dealId: "b", quantity: 2n }, { dealId: "a", quantity: 3n }])).toBe(true);
  expect(sameLines(split, [{ dealId: "b", quantity: 2n }, { dealId: "a", quantity: 2n }])).toBe(false);
  expect(sameLines(split, [{ dealId: "a", quantity: 3n }])).toBe(false);
});

test("running requests - one at a time per scope and id", () => {
  const running = createRunningRequests(new KeySet());
  const end = running.begin("a 1");
  expect(running.begin("a 1")).toBeUndefined();
  expect(running.begin("b 1")).toBeDefined();
  end?.();
  expect(running.begin("a 1")).toBeDefined();
});
