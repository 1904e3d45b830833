import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningServer } from "@flashdeal/infra/servers";
import { OrderService, OrderState, type Order } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { expect } from "vitest";
import type { Protocol } from "../caller/caller.ts";
import { describeFailure, type Outcome } from "../caller/outcome.ts";
import { createWorld, type SharedWorld } from "../world/create-world.ts";
import { eventually, pooled } from "../world/eventually.ts";
import { ok, present } from "../world/expect.ts";
import { ordersOf, stockBecomes, stockOf } from "../world/stock-state.ts";
import type { Buyer, Platform, World } from "../world/world.ts";

const { createOrder, getOrder, payOrder } = OrderService.method;
const buyerCount = 150;
const units = 60;
/** Between the order after which it is killed, and the kill. */
const longestPauseMs = 50;

const reconnectMs = 15_000;
/** Events that a consumer had in hand when it was killed come again after the stream's time to acknowledge. */
const redeliveryMs = 60_000;

export interface CrashOptions {
  readonly platform: Platform;
  /** What is killed. */
  readonly victim: Pick<RunningServer, "kill" | "restart">;
  readonly protocol: Protocol;
  readonly shared: SharedWorld;
  /** Numbers from 0 to 1. */
  readonly random: () => number;
}

/**
 * Buyers rush a deal through `protocol`; at a random moment `victim` is killed, and started again. Then all try again with
 * the keys that they had. Checks that nothing acknowledged is lost, and that exactly the stock is sold.
 */
export async function surviveCrash({ platform, victim, protocol, shared, random }: CrashOptions): Promise<void> {
  const world = createWorld(platform, protocol, shared);
  const buyers = await world.make.crowd(buyerCount);
  const deal = await world.make.newDeal({ units, perUserLimit: 1 });
  const attempts = buyers.map((buyer): Attempt => ({ buyer, key: world.make.unique("key"), order: undefined, paid: false }));

  const [afterOrders, afterMs] = [Math.floor(random() * units), Math.floor(random() * longestPauseMs)];
  const rush = pooled(attempts, 50, (attempt) => buy(world, attempt, deal.dealId));
  await eventually(async () => assert.ok(attempts.filter(({ order }) => order !== undefined).length >= afterOrders), 30_000, 1);
  await sleep(afterMs);
  await victim.kill();
  await rush;
  world.close();
  const acknowledged = attempts.filter(({ order }) => order !== undefined);
  const paid = acknowledged.filter((attempt) => attempt.paid);
  console.log(`killed ${afterMs} ms after order ${afterOrders}: ${acknowledged.length} orders and ${paid.length} payments were acknowledged`);

  await victim.restart();
  const after = createWorld(platform, protocol, shared);
  // Those who called it before may take a moment to connect again.
  await eventually(() => ok(after.caller.unary(OrderService.method.listOrders, {}, { token: present(buyers[0]).token })), reconnectMs);
  for (const attempt of acknowledged) await isStillThere(after, attempt);
  const stock = await eventually(() => stockOf(after, deal.key), reconnectMs);
  expect(units - stock.available).toBeGreaterThanOrEqual(acknowledged.length);

  // Everybody tries again, with the key of the first time.
  await pooled(attempts, 50, (attempt) => eventually(() => buyAgain(after, attempt, deal.dealId), 20_000));
  const orders = await ordersOf(after, deal.dealId);
  const winners = attempts.flatMap(({ order }) => order?.orderId ?? []);
  expect(orders.map(({ orderId }) => orderId).toSorted()).toEqual(winners.toSorted());
  expect(orders).toHaveLength(units);
  const paidCount = orders.filter(({ state }) => state === OrderState.PAID).length;
  expect(paidCount).toBe(attempts.filter((attempt) => attempt.paid).length);
  await stockBecomes(after, deal.key, { onHand: units - paidCount, reserved: units - paidCount, available: 0 }, redeliveryMs);
  after.close();
}

/** One buyer's try, and what the platform acknowledged of it. */
interface Attempt {
  readonly buyer: Buyer;
  readonly key: string;
  order: Order | undefined;
  paid: boolean;
}

/** Orders, and pays at once. An answer that never came is no acknowledgement. */
async function buy(world: World, attempt: Attempt, dealId: string): Promise<void> {
  try {
    await buyAgain(world, attempt, dealId);
  } catch {
    // The platform was killed: the outcome is unknown.
  }
}

async function buyAgain({ caller }: World, attempt: Attempt, dealId: string): Promise<void> {
  const options = { token: attempt.buyer.token, key: attempt.key };
  const ordered = await caller.unary(createOrder, { lines: [{ dealId, quantity: 1n }] }, options);
  if (!ordered.ok && ordered.reason === "SOLD_OUT" && attempt.order === undefined) return;
  const order = present(valueOf(ordered).order);
  attempt.order ??= order;
  assert.equal(order.orderId, attempt.order.orderId, "a key answers its own order");
  // Every other buyer pays at once.
  if (Number.parseInt(attempt.buyer.userId.slice(-1), 16) % 2 === 0) return;
  const { orderId } = order;
  const payment = await caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, options);
  if (!payment.ok && payment.reason === "PAYMENT_REFUSED" && payment.metadata["decline_code"] === "abandoned") {
    // The kill came before the provider heard of the payment: the platform has closed it, and a new key pays.
    assert.ok(!attempt.paid, "an acknowledged payment is called abandoned");
    const again = { ...options, key: `${attempt.key}-again` };
    valueOf(await caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, again));
  } else {
    valueOf(payment);
  }
  attempt.paid = true;
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(describeFailure(outcome));
  return outcome.value;
}

async function isStillThere({ caller }: World, { buyer, order, paid }: Attempt): Promise<void> {
  const acknowledged = present(order);
  const { order: found } = await ok(caller.unary(getOrder, { orderId: acknowledged.orderId }, { token: buyer.token }));
  expect(found?.lines).toEqual(acknowledged.lines);
  assert.ok(!paid || found?.state === OrderState.PAID, "an acknowledged payment is lost");
}
