import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { decideResolutions, type ResolutionIntent, type ResolveEntry } from "./decide-resolutions.ts";
import { ledgerOf } from "./ledger.ts";
import type { Reservation, ReservationState } from "./reservation.ts";

const line = {
  dealId: "deal",
  productId: "product",
  vendorItemId: "item",
  fulfillmentCenterId: "fc",
  title: "title",
  quantity: 3n,
  unitPrice: { currencyCode: "KRW", units: 1n, nanos: 0 },
  perUserLimit: 5n,
};

function reservation(state: ReservationState): Reservation {
  return { reservationId: "r", userId: "u", state, lines: [line], expireTime: new Date(0), createTime: new Date(0) };
}

function resolve(state: ReservationState, ...intents: ResolutionIntent[]) {
  const entries = intents.map((intent): ResolveEntry => ({ reservationId: "r", intent, orderId: "o" }));
  return decideResolutions(entries, new Map([["r", reservation(state)]]));
}

describe("decide resolutions - transitions", () => {
  const table: [ReservationState, ResolutionIntent, string, ReservationState][] = [
    ["HELD", "COMMIT", "resolved", "COMMITTED"],
    ["HELD", "RELEASE", "resolved", "RELEASED"],
    ["HELD", "EXPIRE", "resolved", "EXPIRED"],
    ["HELD", "REFUND", "resolved", "RETURNED"],
    ["COMMITTED", "COMMIT", "unchanged", "COMMITTED"],
    ["COMMITTED", "RELEASE", "resolved-otherwise", "COMMITTED"],
    ["COMMITTED", "EXPIRE", "resolved-otherwise", "COMMITTED"],
    ["COMMITTED", "REFUND", "resolved", "RETURNED"],
    ["RELEASED", "COMMIT", "resolved-otherwise", "RELEASED"],
    ["RELEASED", "RELEASE", "unchanged", "RELEASED"],
    ["RELEASED", "EXPIRE", "unchanged", "RELEASED"],
    ["RELEASED", "REFUND", "unchanged", "RELEASED"],
    ["EXPIRED", "COMMIT", "resolved-otherwise", "EXPIRED"],
    ["EXPIRED", "RELEASE", "resolved-otherwise", "EXPIRED"],
    ["EXPIRED", "EXPIRE", "unchanged", "EXPIRED"],
    ["EXPIRED", "REFUND", "unchanged", "EXPIRED"],
    ["RETURNED", "COMMIT", "resolved-otherwise", "RETURNED"],
    ["RETURNED", "RELEASE", "resolved-otherwise", "RETURNED"],
    ["RETURNED", "EXPIRE", "resolved-otherwise", "RETURNED"],
    ["RETURNED", "REFUND", "unchanged", "RETURNED"],
  ];
  it.each(table)("%s + %s is %s and ends %s", (from, intent, kind, to) => {
    const { outcomes, changes } = resolve(from, intent);
    expect(outcomes).toMatchObject([{ kind, reservation: { state: to } }]);
    expect(changes).toEqual(from === to ? [] : [{ reservationId: "r", from, to, orderId: "o" }]);
  });

  it("says which reservation does not exist", () => {
    const { outcomes } = decideResolutions([{ reservationId: "x", intent: "COMMIT", orderId: undefined }], new Map());
    expect(outcomes).toEqual([{ kind: "reservation-not-found", reservationId: "x" }]);
  });

  it("a refund that comes before the payment is a sale and its return; the payment then changes nothing", () => {
    const { outcomes, steps, changes } = resolve("HELD", "REFUND", "COMMIT");
    expect(steps.map((step) => step.kind)).toEqual(["COMMIT", "RETURN"]);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(["resolved", "resolved-otherwise"]);
    expect(changes).toMatchObject([{ from: "HELD", to: "RETURNED" }]);
  });
});

describe("decide resolutions - any order of intents", () => {
  it("a hold leaves the books exactly once", () => {
    assert(
      property(array(constantFrom<ResolutionIntent>("COMMIT", "RELEASE", "EXPIRE", "REFUND"), { minLength: 1, maxLength: 8 }), (intents) => {
        const { steps, changes } = resolve("HELD", ...intents);
        const { stocks, purchases } = ledgerOf(steps.map((step) => ({ ...step, actor: "order" })));
        const sold = changes[0]?.to === "COMMITTED";
        expect(stocks).toEqual([{ vendorItemId: "item", fulfillmentCenterId: "fc", onHandDelta: sold ? -3n : 0n, reservedDelta: -3n }]);
        expect(purchases).toEqual(sold ? [] : [{ dealId: "deal", userId: "u", delta: -3n }]);
        const unlimited = steps.map((step) => ({ ...step, actor: "order", reservation: { ...step.reservation, lines: [{ ...line, perUserLimit: 0n }] } }));
        expect(ledgerOf(unlimited)).toMatchObject({ stocks, purchases: [] });
      }),
    );
  });
});
