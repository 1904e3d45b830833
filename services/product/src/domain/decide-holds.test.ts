import { array, assert, bigInt, constantFrom, integer, property, record, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { decideHolds, purchaseKey, type HoldInputs } from "./decide-holds.ts";
import type { Deal } from "./deal.ts";
import { sumLines, type Reservation, type ReserveEntry } from "./reservation.ts";
import { stockKeyText } from "./stock.ts";

const now = new Date("2026-11-21T12:00:00.000Z");

function deal(dealId: string, change: Partial<Deal> = {}): Deal {
  return {
    dealId,
    productId: `product of ${dealId}`,
    vendorItemId: `item-${dealId}`,
    fulfillmentCenterId: "fc",
    title: dealId,
    price: { currencyCode: "KRW", units: 1000n, nanos: 0 },
    startTime: new Date(now.getTime() - 1_000),
    endTime: new Date(now.getTime() + 1_000),
    perUserLimit: 0n,
    cancelTime: undefined,
    createTime: now,
    updateTime: now,
    ...change,
  };
}

function inputs(deals: readonly Deal[], units: Readonly<Record<string, bigint>>, change: Partial<HoldInputs> = {}): HoldInputs {
  return {
    now,
    deals: new Map(deals.map((one) => [one.dealId, one])),
    stocks: new Map(Object.entries(units).map(([key, onHand]) => [key, { onHand, reserved: 0n }])),
    purchases: new Map(),
    reservations: new Map(),
    ...change,
  };
}

function entry(reservationId: string, userId: string, ...lines: [dealId: string, quantity: bigint][]): ReserveEntry {
  return { reservationId, userId, lines: lines.map(([dealId, quantity]) => ({ dealId, quantity })), expireTime: now };
}

describe("decide holds - window", () => {
  const window = { startTime: now, endTime: new Date(now.getTime() + 1) };
  const decide = (offsetMs: number, change: Partial<Deal> = {}) => {
    const at = new Date(now.getTime() + offsetMs);
    return decideHolds([entry("r", "u", ["a", 1n])], inputs([deal("a", { ...window, ...change })], { "item-a/fc": 1n }, { now: at }))[0]?.kind;
  };

  it("sells from the first millisecond on", () => expect(decide(0)).toBe("held"));
  it("does not sell one millisecond earlier", () => expect(decide(-1)).toBe("deal-not-started"));
  it("does not sell from the end on", () => expect(decide(1)).toBe("deal-ended"));
  it("does not sell a cancelled deal", () => expect(decide(0, { cancelTime: now })).toBe("deal-cancelled"));
  it("refuses a deal that is not there", () => {
    expect(decideHolds([entry("r", "u", ["b", 1n])], inputs([], {}))).toEqual([{ kind: "deal-not-found", dealId: "b" }]);
  });
});

describe("decide holds - total", () => {
  const dollars = { price: { currencyCode: "USD", units: 1n, nanos: 0 } };
  const most = { price: { currencyCode: "KRW", units: 9_223_372_036_854_775_807n, nanos: 999_999_999 } };
  const start = inputs([deal("a"), deal("b", dollars), deal("c", most)], { "item-a/fc": 9n, "item-b/fc": 9n, "item-c/fc": 9n });
  const decide = (...lines: [string, bigint][]) => decideHolds([entry("r", "u", ...lines)], start)[0];

  it("takes no hold for deals in two currencies", () => {
    expect(decide(["a", 1n], ["b", 1n])).toEqual({ kind: "lines-without-total", fault: "mixed-currencies" });
  });
  it("takes no hold whose total is more than an amount can be", () => {
    expect(decide(["c", 1n])?.kind).toBe("held");
    expect(decide(["c", 2n])).toEqual({ kind: "lines-without-total", fault: "too-large" });
    expect(decide(["c", 1n], ["a", 1n])).toEqual({ kind: "lines-without-total", fault: "too-large" });
  });
});

describe("decide holds - repeats", () => {
  const start = inputs([deal("a")], { "item-a/fc": 10n });

  it("answers the hold that an earlier entry of the batch took", () => {
    const [first, second] = decideHolds([entry("r", "u", ["a", 2n]), entry("r", "u", ["a", 1n], ["a", 1n])], start);
    expect(first).toMatchObject({ kind: "held", isNew: true });
    expect(second).toMatchObject({ kind: "held", isNew: false });
  });

  it("answers a hold whatever became of it and of its deal", () => {
    const [taken] = decideHolds([entry("r", "u", ["a", 2n])], start);
    const reservation = { ...(taken as { reservation: Reservation }).reservation, state: "EXPIRED" as const };
    const later = inputs([deal("a", { cancelTime: now })], {}, { reservations: new Map([["r", reservation]]) });
    expect(decideHolds([entry("r", "u", ["a", 2n])], later)).toEqual([{ kind: "held", reservation, isNew: false }]);
    expect(decideHolds([entry("r", "other", ["a", 2n])], later)).toEqual([{ kind: "reservation-id-reused", field: "user_id" }]);
    expect(decideHolds([entry("r", "u", ["a", 3n])], later)).toEqual([{ kind: "reservation-id-reused", field: "lines" }]);
  });
});

describe("decide holds - stock and limit", () => {
  it("says how many units are left, and serves a smaller entry behind one that is refused", () => {
    const outcomes = decideHolds([entry("1", "u", ["a", 3n]), entry("2", "v", ["a", 2n]), entry("3", "w", ["a", 1n])], inputs([deal("a")], { "item-a/fc": 2n }));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(["sold-out", "held", "sold-out"]);
    expect(outcomes[0]).toMatchObject({ available: 2n });
    expect(outcomes[2]).toMatchObject({ available: 0n });
  });

  it("counts two deals of one key against the same units", () => {
    const deals = [deal("a"), deal("b", { vendorItemId: "item-a" })];
    expect(decideHolds([entry("1", "u", ["a", 2n], ["b", 1n])], inputs(deals, { "item-a/fc": 2n }))).toEqual([{ kind: "sold-out", dealId: "b", available: 0n }]);
  });

  it("counts what the buyer has against the limit, before stock", () => {
    const had = { purchases: new Map([[purchaseKey("a", "u"), 1n]]) };
    const outcomes = decideHolds([entry("1", "u", ["a", 2n]), entry("2", "u", ["a", 1n]), entry("3", "u", ["a", 1n])], inputs([deal("a", { perUserLimit: 2n })], { "item-a/fc": 1n }, had));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(["purchase-limit-reached", "held", "purchase-limit-reached"]);
  });
});

const sum = (rows: readonly { quantity: bigint }[]) => rows.reduce((total, row) => total + row.quantity, 0n);
const text = (lines: ReserveEntry["lines"]) => sumLines(lines).map(({ dealId, quantity }) => `${dealId} ${quantity}`).toSorted().join();

/** The same rules, written down as slowly and plainly as can be: every decision sums up all holds before it. */
function decideSlowly(asked: readonly ReserveEntry[], deals: readonly Deal[], stocks: Readonly<Record<string, bigint>>) {
  const taken: { id: string; userId: string; dealId: string; quantity: bigint }[] = [];
  const first = new Map<string, ReserveEntry>();
  const dealOf = (dealId: string) => deals.find((one) => one.dealId === dealId) ?? deal(dealId);
  const kinds = asked.map((one) => {
    const earlier = first.get(one.reservationId);
    if (earlier !== undefined) return earlier.userId === one.userId && text(earlier.lines) === text(one.lines) ? "held" : "reservation-id-reused";
    const after = [...taken, ...one.lines.map((line) => ({ ...line, id: one.reservationId, userId: one.userId }))];
    const overLimit = one.lines.some(({ dealId }) => {
      const limit = dealOf(dealId).perUserLimit;
      return limit > 0n && sum(after.filter((row) => row.dealId === dealId && row.userId === one.userId)) > limit;
    });
    if (overLimit) return "purchase-limit-reached";
    const overStock = Object.entries(stocks).some(([key, onHand]) => sum(after.filter((row) => stockKeyText(dealOf(row.dealId)) === key)) > onHand);
    if (overStock) return "sold-out";
    taken.splice(0, taken.length, ...after);
    first.set(one.reservationId, one);
    return "held";
  });
  return { kinds, holds: [...first].map(([id, { lines }]) => [id, sumLines(lines)]) };
}

describe("decide holds - any batch", () => {
  const dealIds = ["a", "b", "c", "d"] as const;
  const batch = record({
    entries: array(
      record({
        id: integer({ min: 0, max: 30 }),
        user: constantFrom("u", "v", "w"),
        lines: array(tuple(constantFrom(...dealIds), bigInt({ min: 1n, max: 4n })), { minLength: 1, maxLength: 4 }),
      }),
      { maxLength: 40 },
    ),
    units: array(bigInt({ min: 0n, max: 15n }), { minLength: 3, maxLength: 3 }),
    limits: array(bigInt({ min: 0n, max: 6n }), { minLength: 4, maxLength: 4 }),
  });

  it("never oversells, gives all or none, keeps the limits, and refuses only what does not fit at its turn", () => {
    assert(
      property(batch, ({ entries, units, limits }) => {
        // d sells the same key as a.
        const deals = dealIds.map((id, index) => deal(id, { perUserLimit: limits[index] ?? 0n, vendorItemId: id === "d" ? "item-a" : `item-${id}` }));
        const stocks = { "item-a/fc": units[0] ?? 0n, "item-b/fc": units[1] ?? 0n, "item-c/fc": units[2] ?? 0n };
        const asked = entries.map(({ id, user, lines }) => entry(String(id), user, ...lines));
        const outcomes = decideHolds(asked, inputs(deals, stocks));

        const model = decideSlowly(asked, deals, stocks);
        expect(outcomes.map((outcome) => outcome.kind)).toEqual(model.kinds);
        const held = outcomes.flatMap((outcome) => (outcome.kind === "held" && outcome.isNew ? [outcome.reservation] : []));
        expect(held.map(({ reservationId, lines }) => [reservationId, lines.map(({ dealId, quantity }) => ({ dealId, quantity }))])).toEqual(model.holds);
        for (const [key, onHand] of Object.entries(stocks)) {
          const taken = held.flatMap(({ lines }) => lines.filter((line) => stockKeyText(line) === key)).reduce((sum, line) => sum + line.quantity, 0n);
          expect(taken <= onHand).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
