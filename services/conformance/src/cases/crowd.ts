import assert from "node:assert/strict";
import { OrderService, OrderState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { Outcome } from "../caller/outcome.ts";
import { describeFailure, isServerFault } from "../caller/outcome.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { pooled } from "../world/eventually.ts";
import { present } from "../world/expect.ts";
import { ordersOf, stockBecomes } from "../world/stock-state.ts";
import type { Buyer, World } from "../world/world.ts";

const { createOrder, payOrder } = OrderService.method;
const buyerCount = 1_000;
const units = 100;
/** Buyers that have a call under way at the same time. */
const atOnce = 250;
const maxAttempts = 20;
/** Answers after which a client tries again with the same key. */
const retried = new Set(["REQUEST_IN_PROGRESS", "OVERLOADED", "RATE_LIMITED", "PAYMENT_PENDING"]);

/** The rush that the platform is for. */
export const crowdCases: readonly ConformanceCase[] = [
  {
    name: "the crowd - a thousand buyers, a tenth of them twice at the same moment, get exactly the hundred units",
    timeoutMs: 240_000,
    async run(world) {
      const buyers = await world.make.crowd(buyerCount);
      const deal = await world.make.newDeal({ units, perUserLimit: 1 });
      const bought = await pooled(buyers, atOnce, (buyer, index) => buy(world, buyer, deal.dealId, index % 10 === 0));
      const orderIds = bought.flatMap((orderId) => orderId ?? []);
      assert.equal(orderIds.length, units, "units sold, as the buyers know it");

      const orders = await ordersOf(world, deal.dealId);
      assert.deepEqual(orders.map(({ orderId }) => orderId).toSorted(), orderIds.toSorted(), "the orders are those that were acknowledged");
      assert.equal(new Set(orders.map(({ userId }) => userId)).size, units, "buyers with an order");
      for (const { state, lines } of orders) {
        assert.equal(state, OrderState.PAID);
        assert.deepEqual(lines.map(({ quantity }) => quantity), [1n]);
      }
      await stockBecomes(world, deal.key, { onHand: 0, reserved: 0, available: 0 }, 15_000);
    },
  },
];

/** One buyer's way: order, and pay what was won. Answers the id of the order, or nothing where the deal was sold out. */
async function buy(world: World, buyer: Buyer, dealId: string, twice: boolean): Promise<string | undefined> {
  const { caller, make } = world;
  const key = make.unique("key");
  const order = () => stubborn(() => caller.unary(createOrder, { lines: [{ dealId, quantity: 1n }] }, { token: buyer.token, key }));
  const outcomes = await Promise.all(twice ? [order(), order()] : [order()]);
  const ids = new Set(outcomes.map((outcome) => (outcome.ok ? present(outcome.value.order).orderId : undefined)));
  const answers = outcomes.map((outcome) => (outcome.ok ? `order ${present(outcome.value.order).orderId}` : describeFailure(outcome)));
  assert.equal(ids.size, 1, `a call and its repetition answer the same: ${answers.join("; ")}`);
  for (const outcome of outcomes) assert.ok(outcome.ok || outcome.reason === "SOLD_OUT", outcome.ok ? "" : describeFailure(outcome));
  const [orderId] = ids;
  if (orderId === undefined) return undefined;
  const pay = () => caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, { token: buyer.token, key });
  const paid = await stubborn(pay);
  assert.ok(paid.ok, paid.ok ? "" : describeFailure(paid));
  return orderId;
}

async function stubborn<T>(call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await call();
    if (outcome.ok) return outcome;
    assert.ok(!isServerFault(outcome), describeFailure(outcome));
    if (!retried.has(outcome.reason) || attempt === maxAttempts) return outcome;
    await new Promise((resolve) => setTimeout(resolve, outcome.retryAfterMs ?? 20 * attempt));
  }
}
