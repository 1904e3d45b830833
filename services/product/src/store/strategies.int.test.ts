import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Deal } from "../domain/deal.ts";
import type { ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";
import { createInventory, type Inventory } from "../testing/harness.ts";
import { onEachStrategy } from "../testing/strategies.ts";

/** Who came first is served first by these; with the others, callers of one process race each other in the database. */
const ordered = new Set(["group-commit", "redis-lock", "redis-lua", "redlock"]);

/** What every strategy must keep under a crowd: nothing oversold, nothing left over that was wanted, no part of a bundle, no deadlock. */
onEachStrategy("a crowd", (open, strategy) => {
  let inventory: Inventory;
  beforeAll(async () => void (inventory = await createInventory(await open(), strategy)));
  afterAll(async () => {
    await inventory?.strategy.drain();
    await inventory?.database.close();
  });

  const openDeals = (count: number, units: bigint): Promise<readonly Deal[]> =>
    Promise.all(Array.from({ length: count }, () => inventory.openDeal({ units })));
  const reserveEach = async (entries: readonly ReserveEntry[]): Promise<readonly ReserveOutcome[]> =>
    (await Promise.all(entries.map((entry) => inventory.strategy.reserve([entry])))).flat();
  const bundle = (deals: readonly Deal[], quantity = 1n) => inventory.entry(deals.map(({ dealId }) => ({ dealId, quantity })));
  const leftOf = async (deal: Deal): Promise<bigint> => {
    const { onHand, reserved } = await inventory.stockOf(deal);
    return onHand - reserved;
  };

  it("bundles - 100 callers of 2 to 3 random ones of 10 items with 100 units all get theirs", async () => {
    const deals = await openDeals(10, 100n);
    const outcomes = await reserveEach(Array.from({ length: 100 }, () => bundle(pick(deals, 2 + Math.floor(Math.random() * 2)))));
    expect(outcomes.filter(({ kind }) => kind !== "held")).toEqual([]);
    for (const deal of deals) expect((await inventory.stockOf(deal)).reserved).toBe(unitsHeld(outcomes, deal));
    await inventory.checkBooks();
  });

  it("bundles - 3 of 10 items in random order, more wanted than there is: none in part, and none refused that could be served", async () => {
    const deals = await openDeals(10, 30n);
    const entries = Array.from({ length: 400 }, () => bundle(pick(deals, 3)));
    const outcomes = await reserveEach(entries);
    expect(outcomes.filter(({ kind }) => kind !== "held" && kind !== "sold-out")).toEqual([]);
    for (const deal of deals) expect((await inventory.stockOf(deal)).reserved).toBe(unitsHeld(outcomes, deal));
    const left = new Map(await Promise.all(deals.map(async (deal) => [deal.dealId, await leftOf(deal)] as const)));
    const servable = entries.filter((entry, index) => outcomes[index]?.kind !== "held" && entry.lines.every(({ dealId }) => (left.get(dealId) ?? 0n) > 0n));
    expect(servable).toEqual([]);
    await inventory.checkBooks();
  });

  it("bundles - A then B against B then A sell everything", async () => {
    const [a, b] = (await openDeals(2, 50n)) as [Deal, Deal];
    const outcomes = await reserveEach(Array.from({ length: 200 }, (_, index) => bundle(index % 2 === 0 ? [a, b] : [b, a])));
    expect(outcomes.filter(({ kind }) => kind === "held")).toHaveLength(50);
    expect([await leftOf(a), await leftOf(b)]).toEqual([0n, 0n]);
    await inventory.checkBooks();
  });

  it("one item - odd quantities are sold to the last unit that anybody can still use", async () => {
    const deal = await inventory.openDeal({ units: 100n });
    const outcomes = await reserveEach(Array.from({ length: 150 }, (_, index) => bundle([deal], BigInt((index % 3) + 1))));
    expect(outcomes.some(({ kind }) => kind === "sold-out")).toBe(true);
    expect(await leftOf(deal)).toBe(0n);
    expect(unitsHeld(outcomes, deal)).toBe(100n);
    await inventory.checkBooks();
  });

  it("one item - first come first served, also over many batches at once", async () => {
    for (let round = 0; round < (ordered.has(strategy.name) ? 4 : 0); round++) {
      const deal = await inventory.openDeal({ units: 100n });
      const outcomes = await reserveEach(Array.from({ length: 250 }, () => bundle([deal])));
      expect(outcomes.findLastIndex(({ kind }) => kind === "held")).toBe(99);
    }
  });

  it("sold out - a storm after the end changes nothing", async () => {
    const deal = await inventory.openDeal({ units: 1n });
    await reserveEach([bundle([deal])]);
    const before = await inventory.stockOf(deal);
    const outcomes = await reserveEach(Array.from({ length: 500 }, () => bundle([deal])));
    expect(outcomes.filter((outcome) => outcome.kind !== "sold-out" || outcome.available !== 0n)).toEqual([]);
    expect(await inventory.stockOf(deal)).toEqual(before);
  });

  it("duplicates - of the last unit's own id at the same moment all meet the one hold", async () => {
    const deal = await inventory.openDeal({ units: 1n });
    const entry = bundle([deal]);
    const outcomes = await reserveEach([...Array.from({ length: 30 }, () => entry), ...Array.from({ length: 30 }, () => bundle([deal]))]);
    const kindsOf = (from: number) => new Set(outcomes.slice(from, from + 30).map(({ kind }) => kind));
    const won = outcomes[0]?.kind === "held";
    expect([...kindsOf(0)]).toEqual([won ? "held" : "sold-out"]);
    expect(outcomes.slice(30).filter(({ kind }) => kind === "held")).toHaveLength(won ? 0 : 1);
    expect(await leftOf(deal)).toBe(0n);
    await inventory.checkBooks();
  });

  it("duplicates - of one id at the same moment, of all that the buyer may have, all meet the one hold", async () => {
    for (let round = 0; round < 15; round++) {
      const deal = await inventory.openDeal({ units: 5n, perUserLimit: 1n });
      const entry = bundle([deal]);
      const outcomes = await reserveEach(Array.from({ length: 20 }, () => entry));
      expect(outcomes.filter(({ kind }) => kind !== "held")).toEqual([]);
      expect(await leftOf(deal)).toBe(4n);
    }
    await inventory.checkBooks();
  });

  it("deadlocks - the database had none to resolve in all of this, though they would have been tried again", async () => {
    // Sessions tell their counts once a second.
    await sleep(1_100);
    await Promise.all(Array.from({ length: 20 }, () => inventory.database.query({ name: "", text: "SELECT pg_sleep(0.05)" }, [])));
    const { rows } = await inventory.database.query({ name: "", text: "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()" }, []);
    expect(rows).toEqual([[0n]]);
  });
});

function unitsHeld(outcomes: readonly ReserveOutcome[], { dealId }: Deal): bigint {
  return outcomes.reduce((sum, outcome) => {
    const lines = outcome.kind === "held" ? outcome.reservation.lines : [];
    return lines.reduce((units, line) => (line.dealId === dealId ? units + line.quantity : units), sum);
  }, 0n);
}

function pick<T>(from: readonly T[], count: number): T[] {
  const left = [...from];
  return Array.from({ length: count }, () => left.splice(Math.floor(Math.random() * left.length), 1)).flat();
}
