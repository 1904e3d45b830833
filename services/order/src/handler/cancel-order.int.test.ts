import { fromBinary } from "@bufbuild/protobuf";
import { OrderCancelledSchema } from "@flashdeal/proto/flashdeal/order/v1/order_events_pb";
import { OrderState, PaymentState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { Database } from "@flashdeal/runtime/database";
import { reasonMetadataOf, reasonOf, violationsOf } from "@flashdeal/runtime/errors";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { v4 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSandboxProvider } from "../payment/sandbox-provider.ts";
import { as, countRows, createTestBed, eventsOf, failure, type TestBed } from "../testing/test-bed.ts";

const minuteMs = 60_000;

describeEachDatabase("cancel order", (open) => {
  let database: Database;
  let bed: TestBed;

  beforeAll(async () => {
    database = await open();
    bed = await createTestBed({ database });
  });
  afterAll(async () => {
    await bed?.close();
    await database?.close();
  });

  async function newOrder(where: TestBed = bed, user = as()) {
    const deal = where.addDeal({ available: 1_000n });
    const { order } = await where.orders.createOrder({ requestId: v4(), lines: [{ dealId: deal.dealId, quantity: 1n }] }, user);
    const orderId = order?.orderId ?? "";
    return {
      orderId,
      user,
      pay: (paymentToken: string, requestId: string = v4()) => where.orders.payOrder({ orderId, paymentToken, requestId }, user),
      cancel: (options: { reason?: string; requestId?: string } = {}) => where.orders.cancelOrder({ orderId, ...options }, user),
      get: async () => (await where.orders.getOrder({ orderId }, user)).order,
    };
  }

  test("cancel - an unpaid order; again answers the same", async () => {
    const { orderId, cancel, get } = await newOrder();
    const first = await cancel({ reason: "too dear" });
    expect(first.order).toMatchObject({ state: OrderState.CANCELLED, paymentState: PaymentState.UNSPECIFIED, cancelReason: "too dear" });
    expect(await cancel({ reason: "another reason" })).toEqual(first);
    expect(await get()).toEqual(first.order);
    expect(await eventsOf(database, orderId)).toEqual(["OrderCreated", "OrderCancelled"]);
  });

  test("cancel - a paid order is refunded, and the event says that it was paid", async () => {
    const { orderId, pay, cancel } = await newOrder();
    await pay("sandbox-ok");
    expect((await cancel()).order).toMatchObject({ state: OrderState.CANCELLED, paymentState: PaymentState.REFUNDED });
    const { rows } = await database.query({ name: "", text: "SELECT payload FROM orders.outbox WHERE aggregate_key = $1 ORDER BY position DESC LIMIT 1" }, [orderId]);
    expect(fromBinary(OrderCancelledSchema, rows[0]?.[0] as Uint8Array).wasPaid).toBe(true);
  });

  test("cancel - a refund that the provider does not confirm is pending until the sweeper gets it", async () => {
    const sandbox = createSandboxProvider({ database, clock: bed.clock, delayMs: 0, answerTimeoutMs: 100 });
    const answers: ("lost" | "later")[] = ["lost", "later"];
    const refund: typeof sandbox.refund = async (paymentId) => {
      const answer = answers.shift();
      if (answer === "lost") throw new Error("the answer was lost");
      return answer === "later" ? false : sandbox.refund(paymentId);
    };
    const own = await createTestBed({ database, inventory: bed.inventory, clock: bed.clock, provider: { ...sandbox, refund } });
    const { pay, cancel, get } = await newOrder(own);
    await pay("sandbox-ok");
    expect((await cancel()).order?.paymentState).toBe(PaymentState.REFUND_PENDING);
    for (const state of [PaymentState.REFUND_PENDING, PaymentState.REFUNDED]) {
      own.clock.advance(10_000);
      await own.sweep("payments");
      expect((await get())?.paymentState).toBe(state);
    }
    await own.close();
  });

  test("cancel - with a key: the first answer again, another payload refused", async () => {
    const { pay, cancel } = await newOrder();
    await pay("sandbox-ok");
    const first = await cancel({ requestId: "c", reason: "a" });
    expect(await cancel({ requestId: "c", reason: "a" })).toEqual(first);
    expect(reasonOf(await failure(cancel({ requestId: "c", reason: "b" })))).toBe("REQUEST_ID_REUSED");
  });

  test("cancel - while the payment is open: what was captured is refunded, be it now or later", async () => {
    const own = await createTestBed({ database, inventory: bed.inventory });
    const lost = await newOrder(own);
    await failure(lost.pay("sandbox-timeout"));
    expect((await lost.cancel()).order).toMatchObject({ state: OrderState.CANCELLED, paymentState: PaymentState.REFUNDED });
    expect(await eventsOf(database, lost.orderId)).toEqual(["OrderCreated", "OrderPaid", "OrderCancelled"]);

    const slow = await newOrder(own);
    await failure(slow.pay("sandbox-delay-60000"));
    expect((await slow.cancel()).order).toMatchObject({ state: OrderState.CANCELLED, paymentState: PaymentState.PENDING });
    own.clock.advance(minuteMs);
    await own.sweep("payments");
    expect(await slow.get()).toMatchObject({ state: OrderState.CANCELLED, paymentState: PaymentState.REFUNDED });
    expect(await eventsOf(database, slow.orderId)).toEqual(["OrderCreated", "OrderCancelled"]);
    await own.close();
  });

  test("cancel - against pay at the same moment: cancelled and paid back, or never paid", async () => {
    for (let round = 0; round < 20; round++) {
      const { pay, cancel, get } = await newOrder();
      const [, cancelled] = await Promise.allSettled([pay("sandbox-ok"), cancel()]);
      expect(cancelled.status).toBe("fulfilled");
      const order = await get();
      expect(order?.state).toBe(OrderState.CANCELLED);
      expect([PaymentState.UNSPECIFIED, PaymentState.REFUNDED]).toContain(order?.paymentState);
    }
  });

  test("cancel - an expired order cannot be cancelled; strangers and bad input are refused", async () => {
    const own = await createTestBed({ database, inventory: bed.inventory });
    const { orderId, user, cancel } = await newOrder(own);
    own.clock.advance(10 * minuteMs);
    await own.sweep("expiry");
    expect(reasonMetadataOf(await failure(cancel()))).toEqual({ state: "EXPIRED" });
    expect(reasonOf(await failure(own.orders.cancelOrder({ orderId }, as())))).toBe("ORDER_NOT_FOUND");
    for (const [reason, field] of [["x".repeat(501), "reason"], ["a\0b", "reason"]] as const) {
      const error = await failure(own.orders.cancelOrder({ orderId, reason }, user));
      expect([reasonOf(error), violationsOf(error)[0]?.field]).toEqual(["INVALID_INPUT", field]);
    }
    await own.close();
  });

  test("cancel - an admin may cancel anybody's order", async () => {
    const { orderId } = await newOrder();
    const { order } = await bed.orders.cancelOrder({ orderId, reason: "fraud" }, as("admin"));
    expect(order).toMatchObject({ state: OrderState.CANCELLED, cancelReason: "fraud" });
  });

  test("expiry - every order in batches, once, by two sweepers at the same time, and no paid one", async () => {
    const own = await createTestBed({ database, inventory: bed.inventory, config: { sweepBatchSize: 7 } });
    const user = as();
    const orders = await Promise.all(Array.from({ length: 50 }, () => newOrder(own, user)));
    await Promise.all(orders.slice(0, 10).map(({ pay }) => pay("sandbox-ok")));
    own.clock.advance(10 * minuteMs - 5_000);
    await own.sweep("expiry");
    const list = async (state: OrderState) => (await own.orders.listOrders({ state, pageSize: 1_000 }, user)).orders;
    expect(await list(OrderState.EXPIRED)).toHaveLength(0);
    own.clock.advance(10_000);
    await Promise.all([own.sweep("expiry"), own.sweep("expiry")]);
    expect(await list(OrderState.EXPIRED)).toHaveLength(40);
    expect(await list(OrderState.PAID)).toHaveLength(10);
    const events = await Promise.all(orders.map(({ orderId }) => eventsOf(database, orderId)));
    expect(events.filter((names) => names.join() === "OrderCreated,OrderExpired")).toHaveLength(40);
    expect(await countRows(database, "orders", "user_id", user.userId)).toBe(50);
    await own.close();
  });

  test("expiry - runs by itself, and so does the clean-up of old requests", async () => {
    const own = await createTestBed({ database, background: true, config: { payWithinMs: 100, cleanupIntervalMs: 20 } });
    const [user, requestId] = [as(), v4()];
    const [{ orderId }, cancelled] = [await newOrder(own, user), await newOrder(own, user)];
    await own.orders.cancelOrder({ orderId: cancelled.orderId, requestId }, user);
    const get = async () => (await own.orders.getOrder({ orderId }, user)).order;
    await expect.poll(async () => (await get())?.state, { timeout: 5_000 }).toBe(OrderState.EXPIRED);
    expect(await countRows(database, "idempotency_records", "request_id", requestId)).toBe(1);
    own.clock.advance(24 * 3_600_000);
    await expect.poll(() => countRows(database, "idempotency_records", "request_id", requestId), { timeout: 5_000 }).toBe(0);
    expect(await countRows(database, "orders", "order_id", orderId)).toBe(1);
    await own.close();
  });
});
