import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ReserveOutcome } from "../domain/reservation.ts";
import { onEachStrategy } from "../testing/strategies.ts";
import { createInventory, testNow, type Inventory } from "../testing/harness.ts";

const kinds = (outcomes: readonly ReserveOutcome[]) => {
  const counts: Record<string, number> = {};
  for (const { kind } of outcomes) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

onEachStrategy("reserve stock", (open, strategy) => {
  let inventory: Inventory;
  beforeAll(async () => void (inventory = await createInventory(await open(), strategy)));
  afterAll(async () => {
    await inventory?.strategy.drain();
    await inventory?.database.close();
  });

  /** Every entry in a call of its own, all at once. */
  const reserveEach = async (entries: readonly Parameters<Inventory["strategy"]["reserve"]>[0][number][]) =>
    (await Promise.all(entries.map((entry) => inventory.strategy.reserve([entry])))).flat();

  it("reserve - 1,000 buyers at once get exactly the 100 units", async () => {
    const deal = await inventory.openDeal({ units: 100n });
    const outcomes = await reserveEach(Array.from({ length: 1_000 }, () => inventory.entry([{ dealId: deal.dealId, quantity: 1n }])));
    expect(kinds(outcomes)).toEqual({ held: 100, "sold-out": 900 });
    expect(await inventory.stockOf(deal)).toMatchObject({ onHand: 100n, reserved: 100n });
    await inventory.checkBooks();
  });

  it("reserve - batches are decided first come first served", async () => {
    const deal = await inventory.openDeal({ units: 10n });
    const entries = Array.from({ length: 15 }, () => inventory.entry([{ dealId: deal.dealId, quantity: 1n }]));
    const outcomes = await inventory.strategy.reserve(entries);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(entries.map((_, index) => (index < 10 ? "held" : "sold-out")));
    expect(await inventory.stockOf(deal)).toEqual({ onHand: 10n, reserved: 10n, version: strategy.name === "conditional-update" ? 11n : 2n });
    await inventory.checkBooks();
  });

  it("reserve - bundles of 3 over 10 items in any order neither deadlock nor come in parts", async () => {
    const deals = await Promise.all(Array.from({ length: 10 }, () => inventory.openDeal({ units: 20n })));
    const entries = Array.from({ length: 300 }, (_, index) => {
      const picked = [index * 7, index * 3 + 1, index * 5 + 2].map((n) => deals[n % 10]?.dealId ?? "");
      const distinct = [...new Set(picked)];
      return inventory.entry((index % 2 === 0 ? distinct : distinct.toReversed()).map((dealId) => ({ dealId, quantity: 1n })));
    });
    const calls = Array.from({ length: 100 }, (_, index) => entries.slice(index * 3, index * 3 + 3));
    const outcomes = (await Promise.all(calls.map((call) => inventory.strategy.reserve(call)))).flat();
    const partial = outcomes.filter((outcome, index) => outcome.kind === "held" && outcome.reservation.lines.length !== entries[index]?.lines.length);
    expect([partial, outcomes.filter(({ kind }) => kind !== "held" && kind !== "sold-out")]).toEqual([[], []]);
    const held = outcomes.flatMap((outcome) => (outcome.kind === "held" ? outcome.reservation.lines : []));
    for (const deal of deals) {
      const { reserved } = await inventory.stockOf(deal);
      expect(reserved).toBe(BigInt(held.filter((line) => line.dealId === deal.dealId).length));
    }
    // Whoever was refused could not have been served: one of the deals of the bundle has nothing left.
    expect(outcomes.filter((outcome) => outcome.kind === "sold-out" && outcome.available > 0n)).toEqual([]);
    await inventory.checkBooks();
  });

  it("reserve - the same id at the same moment is one hold", async () => {
    const deal = await inventory.openDeal({ units: 100n });
    const entry = inventory.entry([{ dealId: deal.dealId, quantity: 2n }]);
    const outcomes = await reserveEach(Array.from({ length: 50 }, () => entry));
    expect(kinds(outcomes)).toEqual({ held: 50 });
    expect(await inventory.stockOf(deal)).toMatchObject({ reserved: 2n });
  });

  it("reserve - the same id for other lines at the same moment is one hold, and the others are told", async () => {
    const deals = await Promise.all(Array.from({ length: 8 }, () => inventory.openDeal({ units: 5n })));
    const entry = inventory.entry([]);
    const outcomes = await reserveEach(deals.map(({ dealId }) => ({ ...entry, lines: [{ dealId, quantity: 1n }] })));
    expect(kinds(outcomes)).toEqual({ held: 1, "reservation-id-reused": 7 });
    await inventory.checkBooks();
  });

  it("reserve - the same id for another user is refused, and a repeat answers the first hold in any state", async () => {
    const deal = await inventory.openDeal({ units: 5n });
    const entry = inventory.entry([{ dealId: deal.dealId, quantity: 1n }, { dealId: deal.dealId, quantity: 1n }]);
    expect(await inventory.strategy.reserve([entry])).toMatchObject([{ kind: "held", reservation: { lines: [{ quantity: 2n }] } }]);
    expect(await inventory.strategy.reserve([{ ...entry, userId: uuidv7() }])).toMatchObject([{ kind: "reservation-id-reused", field: "user_id" }]);
    await inventory.reservations.resolve([{ reservationId: entry.reservationId, intent: "RELEASE", orderId: undefined }], "test");
    expect(await inventory.strategy.reserve([entry])).toMatchObject([{ kind: "held", reservation: { state: "RELEASED" } }]);
    expect(await inventory.stockOf(deal)).toMatchObject({ onHand: 5n, reserved: 0n });
  });

  it("reserve - one buyer racing himself stays within the limit, and a release gives it back", async () => {
    const deal = await inventory.openDeal({ units: 100n, perUserLimit: 3n });
    const userId = uuidv7();
    const entries = Array.from({ length: 40 }, () => inventory.entry([{ dealId: deal.dealId, quantity: 1n }], { userId }));
    const outcomes = await reserveEach(entries);
    expect(kinds(outcomes)).toEqual({ held: 3, "purchase-limit-reached": 37 });
    expect(await inventory.purchasesOf(deal, userId)).toBe(3n);
    const held = outcomes.flatMap((outcome) => (outcome.kind === "held" ? [outcome.reservation.reservationId] : []));
    const [first = "", second = ""] = held;
    await inventory.reservations.resolve([{ reservationId: first, intent: "RELEASE", orderId: undefined }], "test");
    await inventory.reservations.resolve([{ reservationId: second, intent: "COMMIT", orderId: undefined }], "test");
    const again = await reserveEach([0, 1].map(() => inventory.entry([{ dealId: deal.dealId, quantity: 1n }], { userId })));
    expect(kinds(again)).toEqual({ held: 1, "purchase-limit-reached": 1 });
    await inventory.checkBooks();
  });

  it("reserve - the window holds to the millisecond", async () => {
    const startTime = new Date(testNow.getTime() + 10_000);
    const deal = await inventory.openDeal({ units: 10n, startTime, endTime: new Date(startTime.getTime() + 5) });
    const at = async (ms: number) => {
      inventory.clock.set(new Date(startTime.getTime() + ms));
      const [outcome] = await inventory.strategy.reserve([inventory.entry([{ dealId: deal.dealId, quantity: 1n }])]);
      return outcome?.kind;
    };
    expect([await at(-1), await at(0), await at(4), await at(5)]).toEqual(["deal-not-started", "held", "held", "deal-ended"]);
    inventory.clock.set(testNow);
  });

  it("reserve - a cancelled deal and one without stock sell nothing", async () => {
    const [cancelled, empty] = await Promise.all([inventory.openDeal({ units: 1n }), inventory.openDeal()]);
    await inventory.write((session) => session.cancelDeal(cancelled.dealId));
    const outcomes = await inventory.strategy.reserve([cancelled, empty].map(({ dealId }) => inventory.entry([{ dealId, quantity: 1n }])));
    expect(outcomes).toEqual([{ kind: "deal-cancelled", dealId: cancelled.dealId }, { kind: "sold-out", dealId: empty.dealId, available: 0n }]);
  });

  it("reserve - an entry that the database refuses fails alone", async () => {
    const deal = await inventory.openDeal({ units: 10n });
    const good = () => inventory.entry([{ dealId: deal.dealId, quantity: 1n }]);
    const entries = [good(), good(), { ...good(), userId: "no uuid" }, good()];
    expect((await inventory.strategy.reserve(entries)).map((outcome) => outcome.kind)).toEqual(["held", "held", "failed", "held"]);
    expect(await inventory.stockOf(deal)).toMatchObject({ reserved: 3n });
    await inventory.checkBooks();
  });

  it("reserve - holds, resolutions, receipts and adjustments at once end in books that agree", async () => {
    const deals = await Promise.all(Array.from({ length: 5 }, () => inventory.openDeal({ units: 30n, perUserLimit: 10n })));
    const users = Array.from({ length: 6 }, () => uuidv7());
    const work = Array.from({ length: 120 }, async (_, index) => {
      const lines = [index, index * 3 + 1].map((n) => ({ dealId: deals[n % 5]?.dealId ?? "", quantity: BigInt((n % 3) + 1) }));
      const entry = inventory.entry(lines, { userId: users[index % 6] ?? "" });
      const [outcome] = await inventory.strategy.reserve([entry]);
      const deal = deals[index % 5];
      if (deal !== undefined && index % 10 === 0) {
        const change = { ...deal, delta: 2n, reason: "more", actor: "test" };
        await inventory.write<unknown>((session) => (index % 20 === 0 ? session.receiveStock(change) : session.adjustStock({ ...change, delta: -1n })));
      }
      if (outcome?.kind !== "held") return;
      const intents = (["COMMIT", "RELEASE", "EXPIRE", "REFUND"] as const).slice(index % 4);
      await Promise.all(intents.map((intent) => inventory.reservations.resolve([{ reservationId: entry.reservationId, intent, orderId: undefined }], "test")));
    });
    await Promise.all(work);
    await inventory.checkBooks();
    const left = await Promise.all(deals.map((deal) => inventory.stockOf(deal)));
    expect(left.filter(({ onHand, reserved }) => onHand < reserved || reserved < 0n)).toEqual([]);
  });

  it("ledger - movements can be neither changed nor deleted", async () => {
    await inventory.openDeal({ units: 1n });
    const attempts = ["UPDATE product.stock_movements SET actor = 'me'", "DELETE FROM product.stock_movements", "TRUNCATE product.stock_movements"];
    for (const text of attempts) {
      await expect(inventory.database.query({ name: `test.${text.slice(0, 6)}`, text }, [])).rejects.toThrow("only ever added");
    }
    await inventory.checkBooks();
  });
});
