import type { Queryable } from "@flashdeal/runtime/database";
import { describeWithPostgres } from "@flashdeal/runtime/testing";
import { beforeAll, expect, it } from "vitest";
import { decideHolds } from "../domain/decide-holds.ts";
import { createInventory, type Inventory } from "../testing/harness.ts";
import { look } from "./reserve-batch.ts";

describeWithPostgres("a look without a lock", ({ open }) => {
  let inventory: Inventory;
  beforeAll(async () => void (inventory = await createInventory(open(20))));

  it.each(["the stock", "the buyer's limit"])("refuses nobody because of %s that his own hold took, whichever statement that came before", async (what) => {
    const isLimit = what === "the buyer's limit";
    for (let late = 1; late <= 5; late++) {
      const deal = await inventory.openDeal({ units: isLimit ? 5n : 1n, perUserLimit: isLimit ? 1n : 3n });
      const entry = inventory.entry([{ dealId: deal.dealId, quantity: 1n }]);
      let statements = 0;
      // The same call, sent twice: the first one's hold is committed just before this statement of the second one.
      const database: Queryable = {
        async query(statement, values) {
          statements++;
          if (statements === late) expect((await inventory.strategy.reserve([entry]))[0]?.kind).toBe("held");
          return inventory.database.query(statement, values);
        },
      };
      const [decision] = decideHolds([entry], await look(database, [entry], inventory.clock));
      expect([late, decision?.kind]).toEqual([late, "held"]);
    }
  });
});
