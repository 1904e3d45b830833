import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Database, Transaction } from "@flashdeal/runtime/database";
import { reasonOf } from "@flashdeal/runtime/errors";
import { describeWithPostgres, describeWithRedis, silentLog } from "@flashdeal/runtime/testing";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Deal } from "../domain/deal.ts";
import { stockKeyText } from "../domain/stock.ts";
import { connectRedis } from "../redis/connect.ts";
import { createLocks, type Locks } from "../redis/locks.ts";
import { createInventory, type Inventory } from "../testing/harness.ts";
import { countNewestFences, drawFences } from "./gen/fences.sql.ts";
import { createLockStrategy } from "./lock-strategy.ts";

describeWithRedis("reserve under locks", (url) => {
  describeWithPostgres("on Postgres", ({ open }) => {
    let inventory: Inventory;
    let nodes: readonly Redis[];
    beforeAll(async () => {
      inventory = await createInventory(open(20));
      nodes = [4, 5, 6].map((database) => connectRedis(`${url}/${database}`, 1_000, silentLog));
    });
    afterAll(async () => nodes.forEach((node) => node.disconnect()));

    const locks = (ttlMs: number): Locks => createLocks({ nodes, prefix: "late:", ttlMs, timeoutMs: 5_000 });

    /** As a process has them that was stopped (garbage collection, a suspended machine) while it held them: it does not notice that they end. */
    const unnoticed = (ttlMs: number): Locks => ({
      async hold(names, _signal, work) {
        for (const name of names) await Promise.all(nodes.map((node) => node.set(`late:${name}`, uuidv7(), "PX", ttlMs, "NX")));
        return work({ lost: new AbortController().signal });
      },
    });

    it.each([
      { name: "redis-lock", fenced: false },
      { name: "redlock", fenced: true },
    ])("a lock that keeps nobody apart - $name sells no unit twice and leaves none, and says at worst that one may try again", async ({ name, fenced }) => {
      const noLock: Locks = { hold: (_names, _signal, work) => work({ lost: new AbortController().signal }) };
      const strategy = createLockStrategy({ clock: inventory.clock, database: inventory.database, locks: noLock, name, fenced, close: () => {} });
      const deals = [await inventory.openDeal({ units: 8n }), await inventory.openDeal({ units: 10n })];
      const buy = async (index: number): Promise<string> => {
        const wanted = index % 2 === 0 ? deals : deals.toReversed();
        const entry = inventory.entry(wanted.map(({ dealId }) => ({ dealId, quantity: 1n })));
        for (;;) {
          const told = await strategy.reserve([entry]).then(([outcome]) => outcome?.kind ?? "nothing", (error: unknown) => reasonOf(error) ?? String(error));
          if (told !== "SERVICE_UNAVAILABLE") return told;
          await sleep(5 + Math.random() * 60);
        }
      };
      const told = await Promise.all(Array.from({ length: 24 }, (_, index) => buy(index)));
      expect(told.toSorted()).toEqual([...Array<string>(8).fill("held"), ...Array<string>(16).fill("sold-out")]);
      expect(await inventory.stockOf(deals[0] as Deal)).toMatchObject({ onHand: 8n, reserved: 8n });
      await inventory.checkBooks();
    });

    it("fencing - a holder that wakes up late is refused by the database, and its hold is nowhere", async () => {
      const deal = await inventory.openDeal({ units: 1n });
      const [late, next] = [inventory.entry([{ dealId: deal.dealId, quantity: 1n }]), inventory.entry([{ dealId: deal.dealId, quantity: 1n }])];
      const asleep = Promise.withResolvers<void>();
      const database: Database = {
        ...inventory.database,
        async transaction(work, options) {
          await asleep.promise;
          return inventory.database.transaction(work, options);
        },
      };
      const base = { clock: inventory.clock, fenced: true, name: "redlock", close: () => {} };
      const sleeper = createLockStrategy({ ...base, database, locks: unnoticed(200) }).reserve([late]);
      await sleep(50);
      const [outcome] = await createLockStrategy({ ...base, database: inventory.database, locks: locks(2_000) }).reserve([next]);
      expect(outcome?.kind).toBe("held");
      asleep.resolve();
      expect(await sleeper.then(() => "done", reasonOf)).toBe("SERVICE_UNAVAILABLE");
      expect(await inventory.stockOf(deal)).toMatchObject({ onHand: 1n, reserved: 1n });
      expect(await inventory.reservations.getReservations([late.reservationId])).toEqual([]);
      await inventory.checkBooks();
    });

    it.each([
      { fenced: false, sold: 2 },
      { fenced: true, sold: 1 },
    ])("fencing - of one unit, two holders of the lock sell $sold where the token is looked at: $fenced", async ({ fenced, sold }) => {
      // What somebody writes who trusts the lock alone: read, think, write. Nothing but the token guards the row.
      const deal = await inventory.openDeal();
      const { database } = inventory;
      await database.script("CREATE TABLE IF NOT EXISTS product.naive_units (id text PRIMARY KEY, units bigint NOT NULL)");
      const id = stockKeyText(deal);
      await database.query({ name: "", text: "INSERT INTO product.naive_units VALUES ($1, 1)" }, [id]);
      const columns = { vendorItemIds: [deal.vendorItemId], fulfillmentCenterIds: [deal.fulfillmentCenterId] };
      const sell = (held: Locks, pause: Promise<void>) =>
        held.hold([id], undefined, async () => {
          const tokens = (await drawFences(database, columns)).map(({ token }) => token);
          const { rows } = await database.query({ name: "", text: "SELECT units FROM product.naive_units WHERE id = $1" }, [id]);
          await pause;
          const units = BigInt(String(rows[0]?.[0]));
          if (units === 0n) return 0;
          return database.transaction(async (tx: Transaction) => {
            if (fenced && (await countNewestFences(tx, { ...columns, tokens }))?.fences !== 1n) return 0;
            await tx.query({ name: "", text: "UPDATE product.naive_units SET units = $2 WHERE id = $1" }, [id, units - 1n]);
            return 1;
          });
        });
      const asleep = Promise.withResolvers<void>();
      const late = sell(unnoticed(200), asleep.promise);
      await sleep(50);
      const next = await sell(locks(2_000), Promise.resolve());
      asleep.resolve();
      expect(next + (await late)).toBe(sold);
    });
  });
});
