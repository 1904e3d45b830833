import assert from "node:assert/strict";
import { OrderService, OrderState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { PaymentState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { ConformanceCase } from "../conformance-case.ts";
import { eventually } from "../world/eventually.ts";
import { ok, present, refused } from "../world/expect.ts";
import { ordersOf, stockOf } from "../world/stock-state.ts";

const { createOrder, payOrder, cancelOrder } = OrderService.method;

/** The four cases of an idempotency key, and whose key it is. */
export const idempotencyCases: readonly ConformanceCase[] = [
  {
    name: "idempotency - the same order with the same key answers the first answer again",
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
      const options = { token: buyer.token, key: make.unique("key") };
      const request = { lines: [{ dealId: deal.dealId, quantity: 2n }] };
      const first = await ok(caller.unary(createOrder, request, options));
      assert.deepEqual(await ok(caller.unary(createOrder, request, options)), first);
      assert.deepEqual(await stockOf(world, deal.key), { onHand: 5, reserved: 2, available: 3 });
      assert.equal((await ordersOf(world, deal.dealId)).length, 1);
    },
  },
  {
    name: "idempotency - another order with the same key is refused",
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
      const options = { token: buyer.token, key: make.unique("key") };
      await ok(caller.unary(createOrder, { lines: [{ dealId: deal.dealId, quantity: 1n }] }, options));
      await refused(caller.unary(createOrder, { lines: [{ dealId: deal.dealId, quantity: 2n }] }, options), "REQUEST_ID_REUSED");
      assert.equal((await stockOf(world, deal.key)).reserved, 1);
    },
  },
  {
    name: "idempotency - the same order sent many times at once is one order",
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
      const options = { token: buyer.token, key: make.unique("key") };
      const request = { lines: [{ dealId: deal.dealId, quantity: 1n }] };
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => caller.unary(createOrder, request, options)));
      const ids = new Set(outcomes.flatMap((outcome) => (outcome.ok ? [present(outcome.value.order).orderId] : [])));
      for (const outcome of outcomes) assert.ok(outcome.ok || outcome.reason === "REQUEST_IN_PROGRESS", outcome.ok ? "" : outcome.reason);
      ids.add(present((await eventually(() => ok(caller.unary(createOrder, request, options)), 2_000)).order).orderId);
      assert.equal(ids.size, 1);
      assert.equal((await stockOf(world, deal.key)).reserved, 1);
    },
  },
  {
    name: "idempotency - an order without a key is refused",
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
      await refused(caller.unary(createOrder, { lines: [{ dealId: deal.dealId, quantity: 1n }] }, { token: buyer.token }), "REQUEST_ID_REQUIRED");
      assert.deepEqual(await ordersOf(world, deal.dealId), []);
    },
  },
  {
    name: "idempotency - rejected input does not use the key up, and neither does a sold-out deal",
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
      const options = { token: buyer.token, key: make.unique("key") };
      await refused(caller.unary(createOrder, { lines: [{ dealId: deal.dealId, quantity: 0n }] }, options), "INVALID_INPUT", { field: "lines[0].quantity" });
      await refused(caller.unary(createOrder, { lines: [{ dealId: deal.dealId, quantity: 6n }] }, options), "SOLD_OUT");
      await ok(caller.unary(createOrder, { lines: [{ dealId: deal.dealId, quantity: 5n }] }, options));
    },
  },
  {
    name: "idempotency - a key belongs to its caller and its method",
    async run(world) {
      const { caller, make } = world;
      const [buyer, other, deal] = [await make.newBuyer(), await make.newBuyer(), await make.newDeal({ units: 5 })];
      const key = make.unique("key");
      const request = { lines: [{ dealId: deal.dealId, quantity: 1n }] };
      const first = present((await ok(caller.unary(createOrder, request, { token: buyer.token, key }))).order);
      const second = present((await ok(caller.unary(createOrder, request, { token: other.token, key }))).order);
      assert.notEqual(first.orderId, second.orderId);
      const paid = await ok(caller.unary(payOrder, { orderId: first.orderId, paymentToken: "sandbox-ok" }, { token: buyer.token, key }));
      assert.equal(paid.order?.state, OrderState.PAID);
    },
  },
  {
    name: "idempotency - the same payment with the same key answers the first answer again",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const { orderId } = await make.newOrder(buyer, await make.newDeal());
      const options = { token: buyer.token, key: make.unique("key") };
      const first = await ok(caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, options));
      assert.equal(first.order?.paymentState, PaymentState.CAPTURED);
      assert.deepEqual(await ok(caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, options)), first);
    },
  },
  {
    name: "idempotency - another payment with the same key is refused",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const deal = await make.newDeal();
      const [first, second] = [await make.newOrder(buyer, deal), await make.newOrder(buyer, deal)];
      const options = { token: buyer.token, key: make.unique("key") };
      await ok(caller.unary(payOrder, { orderId: first.orderId, paymentToken: "sandbox-ok" }, options));
      await refused(caller.unary(payOrder, { orderId: first.orderId, paymentToken: "sandbox-refuse" }, options), "REQUEST_ID_REUSED");
      await refused(caller.unary(payOrder, { orderId: second.orderId, paymentToken: "sandbox-ok" }, options), "REQUEST_ID_REUSED");
    },
  },
  {
    name: "idempotency - the same payment sent many times at once is one payment",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const { orderId } = await make.newOrder(buyer, await make.newDeal());
      const options = { token: buyer.token, key: make.unique("key") };
      const pay = () => caller.unary(payOrder, { orderId, paymentToken: "sandbox-delay-100" }, options);
      const outcomes = await Promise.all(Array.from({ length: 5 }, pay));
      for (const outcome of outcomes) {
        assert.ok(outcome.ok || ["REQUEST_IN_PROGRESS", "PAYMENT_PENDING"].includes(outcome.reason), outcome.ok ? "" : outcome.reason);
      }
      const settled = await eventually(() => ok(pay()), 2_000);
      const ids = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.order?.paymentId] : []));
      assert.equal(new Set([...ids, settled.order?.paymentId]).size, 1);
    },
  },
  {
    name: "idempotency - a payment without a key is refused",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const { orderId } = await make.newOrder(buyer, await make.newDeal());
      await refused(caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, { token: buyer.token }), "REQUEST_ID_REQUIRED");
    },
  },
  {
    name: "idempotency - a cancellation with a key answers the same, another one is refused",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const { orderId } = await make.newOrder(buyer, await make.newDeal());
      const options = { token: buyer.token, key: make.unique("key") };
      const first = await ok(caller.unary(cancelOrder, { orderId, reason: "too late" }, options));
      assert.deepEqual(await ok(caller.unary(cancelOrder, { orderId, reason: "too late" }, options)), first);
      await refused(caller.unary(cancelOrder, { orderId, reason: "changed my mind" }, options), "REQUEST_ID_REUSED");
    },
  },
];
