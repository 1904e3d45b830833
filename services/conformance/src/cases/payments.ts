import assert from "node:assert/strict";
import { type Order, OrderService, OrderState, PaymentState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { ConformanceCase } from "../conformance-case.ts";
import { eventually } from "../world/eventually.ts";
import { ok, present, refused } from "../world/expect.ts";
import { stockBecomes, stockOf } from "../world/stock-state.ts";

const { payOrder, cancelOrder, getOrder, createOrder } = OrderService.method;

/** Paying, cancelling, and not paying in time. */
export const paymentCases: readonly ConformanceCase[] = [
  {
    name: "payments - a paid order has sold its units",
    async run(world) {
      const { make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
      const order = await make.newPaidOrder(buyer, deal, 2);
      assert.deepEqual([order.state, order.paymentState], [OrderState.PAID, PaymentState.CAPTURED]);
      assert.notEqual(order.paymentId, "");
      await stockBecomes(world, deal.key, { onHand: 3, reserved: 0, available: 3 });
    },
  },
  {
    name: "payments - after a refusal the order waits for another attempt",
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
      const { orderId } = await make.newOrder(buyer, deal);
      const pay = (paymentToken: string) => caller.unary(payOrder, { orderId, paymentToken }, { token: buyer.token, key: make.unique("key") });
      const failure = await refused(pay("sandbox-refuse"), "PAYMENT_REFUSED");
      assert.notEqual(failure.metadata["decline_code"] ?? "", "");
      const waiting = present((await ok(caller.unary(getOrder, { orderId }, { token: buyer.token }))).order);
      assert.deepEqual([waiting.state, waiting.paymentState], [OrderState.PENDING_PAYMENT, PaymentState.REFUSED]);
      assert.equal((await stockOf(world, deal.key)).reserved, 1);
      assert.equal((await ok(pay("sandbox-ok"))).order?.state, OrderState.PAID);
    },
  },
  {
    name: "payments - after a time-out the same key learns the outcome, and pays once",
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
      const { orderId } = await make.newOrder(buyer, deal);
      const options = { token: buyer.token, key: make.unique("key") };
      const pay = () => caller.unary(payOrder, { orderId, paymentToken: "sandbox-timeout" }, options);
      await refused(pay(), "PAYMENT_PENDING");
      const paid = await eventually(() => ok(pay()), 5_000);
      assert.deepEqual([paid.order?.state, paid.order?.paymentState], [OrderState.PAID, PaymentState.CAPTURED]);
      await stockBecomes(world, deal.key, { onHand: 4, reserved: 0, available: 4 });
    },
  },
  {
    name: "payments - a paid order is not paid twice",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const { orderId } = await make.newPaidOrder(buyer, await make.newDeal());
      const again = caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, { token: buyer.token, key: make.unique("key") });
      const failure = await refused(again, "WRONG_STATE");
      assert.match(failure.metadata["state"] ?? "", /PAID$/);
    },
  },
  {
    name: "payments - two payments of one order at once capture once",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const { orderId } = await make.newOrder(buyer, await make.newDeal());
      const pay = () => caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, { token: buyer.token, key: make.unique("key") });
      const outcomes = await Promise.all([pay(), pay(), pay()]);
      assert.equal(outcomes.filter((outcome) => outcome.ok).length, 1);
      for (const outcome of outcomes) assert.ok(outcome.ok || ["WRONG_STATE", "PAYMENT_PENDING"].includes(outcome.reason), outcome.ok ? "" : outcome.reason);
    },
  },
  {
    name: "payments - cancelling an unpaid order gives its units back, and again changes nothing",
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
      const { orderId } = await make.newOrder(buyer, deal, 2);
      const cancel = () => ok(caller.unary(cancelOrder, { orderId, reason: "wrong size" }, { token: buyer.token }));
      const first = await cancel();
      assert.deepEqual([first.order?.state, first.order?.cancelReason], [OrderState.CANCELLED, "wrong size"]);
      await stockBecomes(world, deal.key, { onHand: 5, reserved: 0, available: 5 });
      assert.deepEqual(await cancel(), first);
      const late = caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, { token: buyer.token, key: make.unique("key") });
      await refused(late, "WRONG_STATE");
      assert.deepEqual(await stockOf(world, deal.key), { onHand: 5, reserved: 0, available: 5 });
    },
  },
  {
    name: "payments - cancelling a paid order refunds it and returns its units",
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
      const { orderId } = await make.newPaidOrder(buyer, deal, 2);
      const { order } = await ok(caller.unary(cancelOrder, { orderId }, { token: buyer.token }));
      assert.equal(order?.state, OrderState.CANCELLED);
      await eventually(async () => {
        const now = await ok(caller.unary(getOrder, { orderId }, { token: buyer.token }));
        assert.equal(now.order?.paymentState, PaymentState.REFUNDED);
      }, 5_000);
      await stockBecomes(world, deal.key, { onHand: 5, reserved: 0, available: 5 });
    },
  },
  {
    name: "payments - a payment and a cancellation at once leave one outcome, and the stock agrees",
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
      const orders: Order[] = [];
      for (let count = 0; count < 5; count++) orders.push(await make.newOrder(buyer, deal));
      await Promise.all(
        orders.flatMap(({ orderId }) => [
          caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, { token: buyer.token, key: make.unique("key") }),
          caller.unary(cancelOrder, { orderId }, { token: buyer.token }),
        ]),
      );
      const open = new Set<PaymentState>([PaymentState.CAPTURED, PaymentState.PENDING, PaymentState.REFUND_PENDING]);
      await eventually(async () => {
        for (const { orderId } of orders) {
          const { order } = await ok(caller.unary(getOrder, { orderId }, { token: buyer.token }));
          assert.equal(order?.state, OrderState.CANCELLED);
          assert.ok(!open.has(present(order).paymentState));
        }
      }, 10_000);
      await stockBecomes(world, deal.key, { onHand: 5, reserved: 0, available: 5 });
    },
  },
  {
    name: "payments - an order that nobody pays in time expires and gives its units back",
    needs: ["holdMs"],
    timeoutMs: 120_000,
    async run(world) {
      const { caller, make } = world;
      const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5, perUserLimit: 2 })];
      const { orderId } = await make.newOrder(buyer, deal, 2);
      await eventually(
        async () => assert.equal((await ok(caller.unary(getOrder, { orderId }, { token: buyer.token }))).order?.state, OrderState.EXPIRED),
        present(world.platform.holdMs) + 10_000,
        100,
      );
      await stockBecomes(world, deal.key, { onHand: 5, reserved: 0, available: 5 });
      const late = caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, { token: buyer.token, key: make.unique("key") });
      await refused(late, "WRONG_STATE");
      const request = { lines: [{ dealId: deal.dealId, quantity: 2n }] };
      await ok(caller.unary(createOrder, request, { token: buyer.token, key: make.unique("key") }));
    },
  },
];
