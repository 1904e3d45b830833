import type { Database } from "@flashdeal/runtime/database";
import { reasonOf, retryAfterMsOf } from "@flashdeal/runtime/errors";
import type { BatchLimits } from "@flashdeal/runtime/group-commit";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Deal } from "../domain/deal.ts";
import type { ReserveEntry } from "../domain/reservation.ts";
import { createInventory, type Inventory } from "../testing/harness.ts";
import { onEachStrategy } from "../testing/strategies.ts";

/** Strategies that keep callers in a queue of their own. With the others they wait in the database, where a statement runs to its end. */
const withQueue = ["group-commit", "redis-lua", "redis-lock", "redlock"];

const moment = () => new Promise((resolve) => setTimeout(resolve, 60));

onEachStrategy("waiting", (open, strategy) => {
  let database: Database;
  let gate = Promise.withResolvers<void>();
  const inventories: Inventory[] = [];
  beforeAll(async () => void (database = await open()));
  afterAll(async () => {
    for (const { strategy: one } of inventories) await one.drain();
    await database?.close();
  });

  /** An inventory whose transactions begin when the gate is opened, with a deal that is open already. */
  async function closedShop(bounds: Partial<BatchLimits> = {}): Promise<{ readonly inventory: Inventory; readonly deal: Deal; readonly entry: () => ReserveEntry }> {
    gate = Promise.withResolvers();
    gate.resolve();
    const gated: Database = {
      ...database,
      async transaction(work, options) {
        await gate.promise;
        return database.transaction(work, options);
      },
    };
    const inventory = await createInventory(gated, strategy, bounds);
    inventories.push(inventory);
    const deal = await inventory.openDeal({ units: 100n });
    gate = Promise.withResolvers();
    return { inventory, deal, entry: () => inventory.entry([{ dealId: deal.dealId, quantity: 1n }]) };
  }

  it("waiting - a caller who leaves has no hold, and where there is a queue learns it at once", async () => {
    const { inventory, deal, entry } = await closedShop({ maxInFlight: 1 });
    const first = inventory.strategy.reserve([entry()]);
    await moment();
    const leaving = new AbortController();
    const gone = entry();
    let isTold = false;
    const left = inventory.strategy.reserve([gone], leaving.signal).then(
      () => "taken",
      (error: unknown) => {
        isTold = true;
        return error;
      },
    );
    const stays = inventory.strategy.reserve([entry()]);
    await moment();
    leaving.abort("time is up");
    await moment();
    expect(isTold || !withQueue.includes(strategy.name)).toBe(true);
    gate.resolve();
    expect(await left).toBe("time is up");
    expect((await Promise.all([first, stays])).flat().map(({ kind }) => kind)).toEqual(["held", "held"]);
    expect(await inventory.stockOf(deal)).toMatchObject({ reserved: 2n });
    expect(await inventory.reservations.getReservations([gone.reservationId])).toEqual([]);
    expect((await inventory.strategy.reserve([gone]))[0]?.kind).toBe("held");
  });

  it("waiting - when too many do, further ones are refused at once with the time after which to come again, and take nothing", async () => {
    const { inventory, deal, entry } = await closedShop({ maxBatchSize: 2, maxQueued: 4, maxInFlight: 1 });
    const first = [inventory.strategy.reserve([entry()]), inventory.strategy.reserve([entry()])];
    await moment();
    const errors: unknown[] = [];
    const more = Array.from({ length: 12 }, () => inventory.strategy.reserve([entry()]).catch((error: unknown) => void errors.push(error)));
    await moment();
    expect(errors.map(reasonOf)).toEqual(Array(withQueue.slice(0, 2).includes(strategy.name) ? 8 : 10).fill("OVERLOADED"));
    expect(Math.min(...errors.map((error) => retryAfterMsOf(error) ?? 0))).toBeGreaterThan(0);
    gate.resolve();
    const held = (await Promise.all([...first, ...more])).flat().filter((outcome) => outcome?.kind === "held");
    expect(held).toHaveLength(14 - errors.length);
    expect(await inventory.stockOf(deal)).toMatchObject({ reserved: BigInt(held.length) });
    expect((await inventory.strategy.reserve([entry()]))[0]?.kind).toBe("held");
  });

  it("waiting - a drain lets those who wait through and takes nobody new", async () => {
    const { inventory, deal, entry } = await closedShop({ maxBatchSize: 2 });
    const before = Array.from({ length: 7 }, () => inventory.strategy.reserve([entry()]));
    await moment();
    let isDrained = false;
    const drained = inventory.strategy.drain().then(() => (isDrained = true));
    expect(await inventory.strategy.reserve([entry()]).then(() => "taken", reasonOf)).toBe("SERVICE_UNAVAILABLE");
    expect(isDrained).toBe(false);
    gate.resolve();
    expect((await Promise.all(before)).flat().map(({ kind }) => kind)).toEqual(Array(7).fill("held"));
    await drained;
    expect(await inventory.stockOf(deal)).toMatchObject({ reserved: 7n });
  });

  it("waiting - a resolution whose caller leaves is not done", async () => {
    const { inventory, entry } = await closedShop({ maxInFlight: 1 });
    gate.resolve();
    const holds = [entry(), entry()];
    await inventory.strategy.reserve(holds);
    gate = Promise.withResolvers();
    const [first, second] = holds.map(({ reservationId }) => ({ reservationId, intent: "RELEASE" as const, orderId: undefined }));
    if (first === undefined || second === undefined) throw new Error("no holds");
    const inFlight = inventory.reservations.resolve([first], "test");
    await moment();
    const leaving = new AbortController();
    const left = inventory.reservations.resolve([second], "test", leaving.signal).catch((error: unknown) => error);
    await moment();
    leaving.abort("time is up");
    expect(await left).toBe("time is up");
    gate.resolve();
    await inFlight;
    const states = await inventory.reservations.getReservations([first.reservationId, second.reservationId]);
    expect(states.map(({ state }) => state)).toEqual(["RELEASED", "HELD"]);
  });
});
