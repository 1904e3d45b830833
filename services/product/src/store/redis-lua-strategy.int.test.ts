import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { startRedis } from "../../../../infra/servers/redis.ts";
import type { Database } from "@flashdeal/runtime/database";
import { noBatchMetrics } from "@flashdeal/runtime/group-commit";
import { describeWithPostgres, silentLog } from "@flashdeal/runtime/testing";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Deal } from "../domain/deal.ts";
import type { ReserveOutcome } from "../domain/reservation.ts";
import { stockKeyText } from "../domain/stock.ts";
import { createUnitGate } from "../redis/unit-gate.ts";
import { createInventory, type Inventory } from "../testing/harness.ts";
import { createRedisLuaStrategy } from "./redis-lua-strategy.ts";
import { createRowLockStrategy } from "./row-lock-strategy.ts";

// Flushes and stops its server, so it does not use the run's.
const server = await startRedis();

const held = (outcomes: readonly ReserveOutcome[]): number => outcomes.filter(({ kind }) => kind === "held").length;

describe.skipIf("skipped" in server)(`a gate in Redis${"skipped" in server ? ` - skipped: ${server.skipped}` : ""}`, () => {
  describeWithPostgres("before Postgres", ({ open }) => {
    let inventory: Inventory;
    let redis: Redis;
    beforeAll(async () => {
      const url = "skipped" in server ? "" : server.url;
      inventory = await createInventory(open(20), { name: "redis-lua", redisUrls: [url] });
      redis = new Redis(url, { retryStrategy: () => null });
      redis.on("error", () => {});
    });
    afterAll(async () => {
      redis.disconnect();
      await inventory.strategy.drain();
      if (!("skipped" in server)) await server.stop();
    });

    const want = (deal: Deal, userId: string = uuidv7()) => inventory.strategy.reserve([inventory.entry([{ dealId: deal.dealId, quantity: 1n }], { userId })]);
    const rush = async (deal: Deal, callers: number): Promise<readonly ReserveOutcome[]> => (await Promise.all(Array.from({ length: callers }, () => want(deal)))).flat();
    const gateOf = async (deal: Deal) => redis.hgetall(`flashdeal:gate:stock:${stockKeyText(deal)}`);

    it("counts what the database has, and nothing is pending when all is decided", async () => {
      const deal = await inventory.openDeal({ units: 10n });
      expect(held(await rush(deal, 25))).toBe(10);
      expect(await gateOf(deal)).toMatchObject({ available: "0", pending: "0" });
      expect(await redis.zcard("flashdeal:gate:grants")).toBe(0);
      await inventory.checkBooks();
    });

    it("a write that the database refuses gives its units back by subtraction, and others get them", async () => {
      const [deal, unlucky] = [await inventory.openDeal({ units: 5n }), uuidv7()];
      await inventory.database.script(`CREATE FUNCTION product.refuse_unlucky() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.user_id = '${unlucky}' THEN RAISE EXCEPTION 'refused' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER refuse_unlucky BEFORE INSERT ON product.reservations FOR EACH ROW EXECUTE FUNCTION product.refuse_unlucky();`);
      const outcomes = await Promise.all([want(deal, unlucky), want(deal), want(deal, unlucky), want(deal)]);
      expect(outcomes.flat().map(({ kind }) => kind)).toEqual(["failed", "held", "failed", "held"]);
      expect(await gateOf(deal)).toMatchObject({ available: "3", pending: "0" });
      expect(held(await rush(deal, 10))).toBe(3);
      await inventory.checkBooks();
    });

    it("a purchase beyond the limit gives its units back too", async () => {
      const [deal, user] = [await inventory.openDeal({ units: 5n, perUserLimit: 1n }), uuidv7()];
      const outcomes = (await Promise.all(Array.from({ length: 4 }, () => want(deal, user)))).flat();
      expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(["held", "purchase-limit-reached", "purchase-limit-reached", "purchase-limit-reached"]);
      expect(await gateOf(deal)).toMatchObject({ available: "4", pending: "0" });
    });

    it("one that counts too few refuses nobody, and learns", async () => {
      const deal = await inventory.openDeal({ units: 10n });
      await rush(deal, 1);
      await redis.hset(`flashdeal:gate:stock:${stockKeyText(deal)}`, { available: "0", version: "1" });
      expect(held(await rush(deal, 4))).toBe(4);
      expect(await gateOf(deal)).toMatchObject({ available: "5", pending: "0" });
    });

    it.each([
      { who: "the same hold, asked for twice", quantities: [3n, 3n], isSame: true, told: ["sold-out", "sold-out"] },
      { who: "a smaller hold behind it", quantities: [3n, 2n], isSame: false, told: ["sold-out", "held"] },
    ])("nobody is told what would be true of a hold that then was not to be had: $who", async ({ quantities, isSame, told }) => {
      const deal = await inventory.openDeal({ units: 3n });
      await redis.hset(`flashdeal:gate:stock:${stockKeyText(deal)}`, { available: "0", version: "0", pending: "0" });
      let isBought = false;
      // The gate says that there is nothing, the look that there is; before the locks are taken, somebody else takes a unit.
      const database: Database = {
        ...inventory.database,
        async transaction(work, options) {
          if (!isBought) {
            isBought = true;
            const rival = createRowLockStrategy({ database: inventory.database, clock: inventory.clock });
            await rival.reserve([inventory.entry([{ dealId: deal.dealId, quantity: 1n }])]);
          }
          return inventory.database.transaction(work, options);
        },
      };
      const strategy = createRedisLuaStrategy({
        database, clock: inventory.clock, log: silentLog, gate: createUnitGate(redis, "flashdeal:gate:"),
        limits: { maxBatchSize: 10, maxQueued: 10, maxInFlight: 1, metrics: noBatchMetrics },
      });
      const [first, second] = quantities.map((quantity) => inventory.entry([{ dealId: deal.dealId, quantity }]));
      if (first === undefined || second === undefined) throw new Error("no entries");
      const outcomes = await strategy.reserve([first, isSame ? first : second]);
      expect(outcomes.map(({ kind }) => kind)).toEqual(told);
      await inventory.checkBooks();
    });

    it("one that counts too many, or forgets all in the midst of a rush, sells nothing twice", async () => {
      const deal = await inventory.openDeal({ units: 100n });
      await rush(deal, 1);
      await redis.hset(`flashdeal:gate:stock:${stockKeyText(deal)}`, "available", "1000000");
      const rushes = Promise.all([rush(deal, 150), rush(deal, 150)]);
      await redis.flushall();
      expect((await rushes).reduce((sum, outcomes) => sum + held(outcomes), 1)).toBe(100);
      expect(await inventory.stockOf(deal)).toMatchObject({ onHand: 100n, reserved: 100n });
      await inventory.checkBooks();
    });

    it("what was granted to a process that died comes back", async () => {
      const deal = await inventory.openDeal({ units: 3n });
      await rush(deal, 1);
      const gate = createUnitGate(redis, "flashdeal:gate:");
      const dead = { reservationId: uuidv7(), units: new Map([[stockKeyText(deal), 2n]]) };
      expect(await gate.grant([dead], inventory.clock.now())).toEqual(["granted"]);
      expect(await gateOf(deal)).toMatchObject({ available: "2", pending: "2" });
      await inventory.strategy.reconcile?.();
      expect(await gateOf(deal)).toMatchObject({ pending: "2" });
      inventory.clock.advance(61_000);
      await inventory.strategy.reconcile?.();
      expect(await gateOf(deal)).toMatchObject({ available: "2", pending: "0" });
      expect(await redis.exists(`flashdeal:gate:grant:${dead.reservationId}`)).toBe(0);
    });

    it("one that hangs is left alone for a moment: it holds up those who find out, and nobody after them", async () => {
      const deal = await inventory.openDeal({ units: 20n });
      await rush(deal, 1);
      await redis.call("CLIENT", "PAUSE", "2000");
      expect(held(await rush(deal, 4))).toBe(4);
      const startMs = performance.now();
      for (let count = 0; count < 5; count++) expect(held(await want(deal))).toBe(1);
      expect(performance.now() - startMs).toBeLessThan(800);
      await sleep(2_100);
      expect(held(await rush(deal, 30))).toBe(10);
      inventory.clock.advance(61_000);
      await inventory.strategy.reconcile?.();
      expect(await gateOf(deal)).toMatchObject({ available: "0", pending: "0" });
      await inventory.checkBooks();
    }, 30_000);

    it("without Redis everybody goes to the database, which is as exact", async () => {
      const deal = await inventory.openDeal({ units: 20n });
      await rush(deal, 5);
      if (!("skipped" in server)) await server.stop();
      expect(held(await rush(deal, 30))).toBe(15);
      await inventory.checkBooks();
    }, 30_000);
  });
});
