import assert from "node:assert/strict";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { OrderService, OrderState, PaymentState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { v7 as uuidv7 } from "uuid";
import type { ConformanceCase } from "../conformance-case.ts";
import { eventually } from "../world/eventually.ts";
import { ok, present, refused } from "../world/expect.ts";
import { ordersOf, stockBecomes, stockOf } from "../world/stock-state.ts";

const { createOrder, getOrder } = OrderService.method;
const hourMs = 3_600_000;

/** Taking orders. */
export const orderCases: readonly ConformanceCase[] = [
  {
    name: "orders - an order holds its units and waits for the payment",
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
      const order = await make.newOrder(buyer, deal, 2);
      assert.deepEqual([order.state, order.paymentState, order.userId], [OrderState.PENDING_PAYMENT, PaymentState.UNSPECIFIED, buyer.userId]);
      assert.deepEqual([order.total?.currencyCode, order.total?.units, order.total?.nanos], ["USD", 180n, 0]);
      const [line] = order.lines;
      assert.deepEqual(
        [line?.dealId, line?.productId, line?.vendorItemId, line?.fulfillmentCenterId, line?.title, line?.quantity, line?.unitPrice?.units],
        [deal.dealId, deal.product.productId, deal.key.vendorItemId, "ICN1", deal.deal.title, 2n, 90n],
      );
      assert.ok(timestampMs(present(order.expireTime)) > timestampMs(present(order.createTime)));
      assert.deepEqual((await ok(caller.unary(getOrder, { orderId: order.orderId }, { token: buyer.token }))).order, order);
      await stockBecomes(world, deal.key, { onHand: 5, reserved: 2, available: 3 });
    },
  },
  {
    name: "orders - a bundle of three items is taken whole",
    async run(world) {
      const { caller, make } = world;
      const buyer = await make.newBuyer();
      const deals = [await make.newDeal({ units: 5 }), await make.newDeal({ units: 5 }), await make.newDeal({ units: 5 })];
      const lines = deals.map(({ dealId }, index) => ({ dealId, quantity: BigInt(index + 1) }));
      const { order } = await ok(caller.unary(createOrder, { lines }, { token: buyer.token, key: make.unique("key") }));
      assert.deepEqual(order?.lines.map(({ dealId, quantity }) => ({ dealId, quantity })), lines);
      assert.equal(order?.total?.units, 540n);
      for (const [index, { key }] of deals.entries()) {
        await stockBecomes(world, key, { onHand: 5, reserved: index + 1, available: 4 - index });
      }
    },
  },
  {
    name: "orders - a bundle of three items, one of them sold out, takes nothing",
    async run(world) {
      const { caller, make } = world;
      const buyer = await make.newBuyer();
      const deals = [await make.newDeal({ units: 5 }), await make.newDeal({ units: 5 }), await make.newDeal({ units: 1 })];
      const lines = deals.map(({ dealId }) => ({ dealId, quantity: 2n }));
      const metadata = { deal_id: present(deals[2]).dealId, available: "1" };
      await refused(caller.unary(createOrder, { lines }, { token: buyer.token, key: make.unique("key") }), "SOLD_OUT", { metadata });
      for (const { key, dealId } of deals) {
        assert.equal((await stockOf(world, key)).reserved, 0);
        assert.deepEqual(await ordersOf(world, dealId), []);
      }
    },
  },
  {
    name: "orders - lines of the same deal are summed",
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 4 })];
      const twice = (quantity: bigint) => ({ lines: [{ dealId: deal.dealId, quantity }, { dealId: deal.dealId, quantity }] });
      await refused(caller.unary(createOrder, twice(3n), { token: buyer.token, key: make.unique("key") }), "SOLD_OUT");
      const limited = await make.newDeal({ units: 9, perUserLimit: 3 });
      const pair = [2n, 2n].map((quantity) => ({ dealId: limited.dealId, quantity }));
      await refused(caller.unary(createOrder, { lines: pair }, { token: buyer.token, key: make.unique("key") }), "PURCHASE_LIMIT_REACHED");
      const { order } = await ok(caller.unary(createOrder, twice(2n), { token: buyer.token, key: make.unique("key") }));
      assert.deepEqual(order?.lines.map(({ quantity }) => quantity), [4n]);
      assert.deepEqual(await stockOf(world, deal.key), { onHand: 4, reserved: 4, available: 0 });
    },
  },
  {
    name: "orders - a buyer gets no more than the limit, over all orders",
    async run(world) {
      const { caller, make } = world;
      const [buyer, other, deal] = [await make.newBuyer(), await make.newBuyer(), await make.newDeal({ units: 10, perUserLimit: 3 })];
      const order = (token: string, quantity: bigint) => caller.unary(createOrder, { lines: [{ dealId: deal.dealId, quantity }] }, { token, key: make.unique("key") });
      await refused(order(buyer.token, 4n), "PURCHASE_LIMIT_REACHED", { metadata: { deal_id: deal.dealId, per_user_limit: "3" } });
      const first = present((await ok(order(buyer.token, 2n))).order);
      await refused(order(buyer.token, 2n), "PURCHASE_LIMIT_REACHED");
      await ok(order(buyer.token, 1n));
      await ok(order(other.token, 3n));
      await ok(caller.unary(OrderService.method.cancelOrder, { orderId: first.orderId }, { token: buyer.token }));
      await stockBecomes(world, deal.key, { onHand: 10, reserved: 4, available: 6 });
      await ok(order(buyer.token, 2n));
    },
  },
  {
    name: "orders - nobody orders before the deal starts, after it ended, or once it is cancelled",
    async run(world) {
      const { caller, make } = world;
      const buyer = await make.newBuyer();
      const now = Date.now();
      const early = await make.newDeal({ deal: { startTime: timestampFromMs(now + hourMs), endTime: timestampFromMs(now + 2 * hourMs) } });
      const late = await make.newDeal({ deal: { startTime: timestampFromMs(now - 2 * hourMs), endTime: timestampFromMs(now - hourMs) } });
      const cancelled = await make.newDeal();
      await ok(caller.unary(ProductService.method.cancelDeal, { dealId: cancelled.dealId }, { token: await world.adminToken() }));
      const expected = [[early, "DEAL_NOT_STARTED"], [late, "DEAL_ENDED"], [cancelled, "DEAL_CANCELLED"]] as const;
      for (const [{ dealId, key }, reason] of expected) {
        const lines = [{ dealId, quantity: 1n }];
        await refused(caller.unary(createOrder, { lines }, { token: buyer.token, key: make.unique("key") }), reason, { metadata: { deal_id: dealId } });
        assert.deepEqual(await stockOf(world, key), { onHand: 10, reserved: 0, available: 10 });
      }
    },
  },
  {
    name: "orders - a deal that begins and ends soon sells exactly then",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const startMs = Date.now() + 1_500;
      const deal = await make.newDeal({ deal: { startTime: timestampFromMs(startMs), endTime: timestampFromMs(startMs + 1_500) } });
      const order = () => caller.unary(createOrder, { lines: [{ dealId: deal.dealId, quantity: 1n }] }, { token: buyer.token, key: make.unique("key") });
      const seen: string[] = [];
      for (let last = ""; last !== "DEAL_ENDED" && Date.now() < startMs + 5_000; ) {
        const outcome = await order();
        last = outcome.ok ? "OK" : outcome.reason;
        if (seen.at(-1) !== last) seen.push(last);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      assert.deepEqual(seen, ["DEAL_NOT_STARTED", "OK", "DEAL_ENDED"]);
    },
  },
  {
    name: "orders - an order of an unknown deal names it",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const dealId = uuidv7();
      await refused(caller.unary(createOrder, { lines: [{ dealId, quantity: 1n }] }, { token: buyer.token, key: make.unique("key") }), "DEAL_NOT_FOUND", {
        metadata: { deal_id: dealId },
      });
    },
  },
  {
    name: "orders - an order keeps the terms of its time",
    async run({ caller, make, adminToken }) {
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ deal: { dealPrice: { currencyCode: "USD", units: 19n, nanos: 990_000_000 } } })];
      const order = await make.newOrder(buyer, deal, 3);
      assert.deepEqual([order.total?.units, order.total?.nanos], [59n, 970_000_000]);
      const token = await adminToken();
      const product = { productId: deal.product.productId, name: "Renamed", price: { currencyCode: "USD", units: 1n } };
      await ok(caller.unary(ProductService.method.updateProduct, { product }, { token }));
      await ok(caller.unary(ProductService.method.cancelDeal, { dealId: deal.dealId }, { token }));
      assert.deepEqual((await ok(caller.unary(getOrder, { orderId: order.orderId }, { token: buyer.token }))).order?.lines, order.lines);
    },
  },
  {
    name: "orders - a deal without any stock is sold out",
    async run({ caller, make }) {
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 0 })];
      const request = { lines: [{ dealId: deal.dealId, quantity: 1n }] };
      await refused(caller.unary(createOrder, request, { token: buyer.token, key: make.unique("key") }), "SOLD_OUT", { metadata: { available: "0" } });
    },
  },
  {
    name: "orders - deals of two currencies are no one order, and nothing stays held",
    async run(world) {
      const { caller, make } = world;
      const [buyer, dollars] = [await make.newBuyer(), await make.newDeal()];
      const won = await make.newProduct({ price: { currencyCode: "KRW", units: 100_000n } });
      const token = await world.adminToken();
      const key = { vendorItemId: won.vendorItemId, fulfillmentCenterId: "ICN1" };
      await ok(caller.unary(InventoryService.method.receiveStock, { ...key, quantity: 5n }, { token }));
      const dealPrice = { currencyCode: "KRW", units: 50_000n };
      const deal = { productId: won.productId, fulfillmentCenterId: "ICN1", dealPrice, endTime: present(dollars.deal.endTime) };
      const { dealId } = present((await ok(caller.unary(ProductService.method.createDeal, { deal }, { token }))).deal);
      const lines = [dollars.dealId, dealId].map((id) => ({ dealId: id, quantity: 1n }));
      await refused(caller.unary(createOrder, { lines }, { token: buyer.token, key: make.unique("key") }), "INVALID_INPUT");
      for (const stock of [dollars.key, key]) await eventually(async () => assert.equal((await stockOf(world, stock)).reserved, 0), 5_000);
    },
  },
  {
    name: "orders - bundles that cross each other neither block nor oversell",
    async run(world) {
      const { caller, make } = world;
      const deals = [await make.newDeal({ units: 20 }), await make.newDeal({ units: 20 }), await make.newDeal({ units: 20 })];
      const buyers = await make.crowd(20);
      const outcomes = await Promise.all(
        buyers.flatMap((buyer, index) =>
          [0, 1].map((turn) => {
            const order = (index + turn) % 2 === 0 ? deals : deals.toReversed();
            const lines = order.map(({ dealId }) => ({ dealId, quantity: 1n }));
            return caller.unary(createOrder, { lines }, { token: buyer.token, key: make.unique("key") });
          }),
        ),
      );
      assert.equal(outcomes.filter((outcome) => outcome.ok).length, 20);
      for (const outcome of outcomes) assert.ok(outcome.ok || outcome.reason === "SOLD_OUT", outcome.ok ? "" : outcome.reason);
      for (const { key } of deals) assert.deepEqual(await stockOf(world, key), { onHand: 20, reserved: 20, available: 0 });
    },
  },
];
