import { reasonOf, retryAfterMsOf } from "@flashdeal/runtime/errors";
import { describeWithPostgres } from "@flashdeal/runtime/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRedisNodes } from "../../../../infra/servers/redis.ts";
import { createInventory, reserveAsTold, type Inventory } from "../testing/harness.ts";

// Stops its servers, so it does not use the run's.
const servers = await startRedisNodes(5);

describe.skipIf("skipped" in servers)(`redlock on five Redis servers${"skipped" in servers ? ` - skipped: ${servers.skipped}` : ""}`, () => {
  describeWithPostgres("and Postgres", ({ open }) => {
    let inventory: Inventory;
    /** As a second process has it. */
    let other: Inventory;
    beforeAll(async () => {
      const database = open(20);
      const strategy = { name: "redlock" as const, redisUrls: "skipped" in servers ? [] : servers.map(({ url }) => url) };
      [inventory, other] = [await createInventory(database, strategy), await createInventory(database, strategy)];
    });
    afterAll(async () => {
      await Promise.all([inventory.strategy.drain(), other.strategy.drain()]);
      if (!("skipped" in servers)) await Promise.all(servers.map((server) => server.stop()));
    });

    it("two of them go down in the midst of a crowd: every unit is sold, none twice; a third one goes: nothing is sold, and that is said with a time to retry", async () => {
      if ("skipped" in servers) return;
      const deal = await inventory.openDeal({ units: 40n });
      const entry = () => inventory.entry([{ dealId: deal.dealId, quantity: 1n }]);
      let sold = 0;
      const buy = async (index: number): Promise<string> => {
        const [outcome] = await reserveAsTold((index % 2 === 0 ? inventory : other).strategy, [entry()]);
        if (outcome?.kind === "held") sold++;
        return outcome?.kind ?? "nothing";
      };
      const crowd = Promise.all(Array.from({ length: 60 }, (_, index) => buy(index)));
      await expect.poll(() => sold, { interval: 2, timeout: 10_000 }).toBeGreaterThan(5);
      await Promise.all([servers[0]?.stop(), servers[4]?.stop()]);
      const told = await crowd;
      expect(new Set(told)).toEqual(new Set(["held", "sold-out"]));
      expect(sold).toBe(40);

      const more = await inventory.openDeal({ units: 5n });
      const wanted = inventory.entry([{ dealId: more.dealId, quantity: 1n }]);
      expect((await other.strategy.reserve([wanted]))[0]?.kind).toBe("held");
      await servers[2]?.stop();
      const refused = await inventory.strategy.reserve([inventory.entry([{ dealId: more.dealId, quantity: 1n }])]).catch((error: unknown) => error);
      expect(reasonOf(refused)).toBe("SERVICE_UNAVAILABLE");
      expect(retryAfterMsOf(refused)).toBeGreaterThan(0);
      expect(await inventory.stockOf(more)).toMatchObject({ onHand: 5n, reserved: 1n });
      await inventory.checkBooks();
    }, 60_000);
  });
});
