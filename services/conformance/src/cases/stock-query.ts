import assert from "node:assert/strict";
import { InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import type { ConformanceCase } from "../conformance-case.ts";
import { ok, present, refused } from "../world/expect.ts";
import { freshnessMs, readModelBecomes, stockOf } from "../world/stock-state.ts";

const { getStock, batchGetStocks, watchStock } = StockQueryService.method;
const { receiveStock } = InventoryService.method;

/** The read model. */
export const stockQueryCases: readonly ConformanceCase[] = [
  {
    name: "stock query - the read model catches up within two seconds",
    async run(world) {
      const { make } = world;
      const deal = await make.newDeal({ units: 8 });
      await readModelBecomes(world, deal.key, { onHand: 8, reserved: 0, available: 8 });
      await make.newOrder(await make.newBuyer(), deal, 3);
      await readModelBecomes(world, deal.key, { onHand: 8, reserved: 3, available: 5 });
      assert.deepEqual(await stockOf(world, deal.key), { onHand: 8, reserved: 3, available: 5 });
    },
  },
  {
    name: "stock query - a key that never had stock is not found",
    async run({ caller, make }) {
      await refused(caller.unary(getStock, { vendorItemId: make.unique("NONE"), fulfillmentCenterId: "ICN1" }), "STOCK_NOT_FOUND");
    },
  },
  {
    name: "stock query - a batch answers in its order and lists unknown keys apart",
    async run(world) {
      const { caller, make } = world;
      const deals = [await make.newDeal({ units: 1 }), await make.newDeal({ units: 2 }), await make.newDeal({ units: 3 })];
      for (const [index, { key }] of deals.entries()) await readModelBecomes(world, key, { onHand: index + 1, reserved: 0, available: index + 1 });
      const unknown = { vendorItemId: make.unique("NONE"), fulfillmentCenterId: "ICN1" };
      const keys = [...deals.toReversed().map(({ key }) => key), unknown];
      const answer = await ok(caller.unary(batchGetStocks, { keys }));
      assert.deepEqual(answer.stocks.map(({ onHand }) => onHand), [3n, 2n, 1n]);
      assert.deepEqual(answer.unknownKeys.map(({ vendorItemId }) => vendorItemId), [unknown.vendorItemId]);
    },
  },
  {
    name: "stock query - a batch of a thousand keys is answered",
    async run({ caller, make }) {
      const keys = Array.from({ length: 1_000 }, () => ({ vendorItemId: make.unique("NONE"), fulfillmentCenterId: "ICN1" }));
      assert.equal((await ok(caller.unary(batchGetStocks, { keys }))).unknownKeys.length, 1_000);
    },
  },
  {
    name: "stock query - a watch sends the stock as it is, then its changes",
    async run(world) {
      const { caller, make } = world;
      const { key } = await make.newDeal({ units: 1 });
      await readModelBecomes(world, key, { onHand: 1, reserved: 0, available: 1 });
      const token = await world.adminToken();
      const abort = new AbortController();
      const limit = setTimeout(() => abort.abort(), 3 * freshnessMs);
      const seen: bigint[] = [];
      let version = -1n;
      for await (const { stock } of caller.stream(watchStock, key, { signal: abort.signal })) {
        const { onHand, version: next } = present(stock);
        assert.ok(next > version, "a watch never goes back");
        version = next;
        seen.push(onHand);
        if (onHand === 3n) break;
        await ok(caller.unary(receiveStock, { ...key, quantity: 1n }, { token }));
      }
      clearTimeout(limit);
      abort.abort();
      assert.deepEqual(seen, [1n, 2n, 3n]);
    },
  },
  {
    name: "stock query - a watch of an unknown key is refused",
    async run({ caller, make }) {
      const key = { vendorItemId: make.unique("NONE"), fulfillmentCenterId: "ICN1" };
      const watch = caller.stream(watchStock, key, { signal: AbortSignal.timeout(5_000) })[Symbol.asyncIterator]();
      await assert.rejects(() => watch.next(), /STOCK_NOT_FOUND/);
    },
  },
];
