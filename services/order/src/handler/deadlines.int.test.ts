import { OrderState, PaymentState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { Database } from "@flashdeal/runtime/database";
import { reasonOf } from "@flashdeal/runtime/errors";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { v4 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { as, countRows, createTestBed, eventsOf, failure, type TestBed } from "../testing/test-bed.ts";

describeEachDatabase("deadlines of steps that wait", (open) => {
  let database: Database;
  let bed: TestBed;
  let gate = Promise.withResolvers<void>();
  let waiting = 0;

  beforeAll(async () => {
    gate.resolve();
    database = await open();
    const transaction: Database["transaction"] = async (work, options) => {
      waiting++;
      await gate.promise;
      return database.transaction(work, options);
    };
    bed = await createTestBed({ database: { ...database, transaction }, config: { batchMaxInFlight: 1 } });
  });
  afterAll(async () => {
    await bed?.close();
    await database?.close();
  });

  async function newOrder() {
    const user = as();
    const { order } = await bed.orders.createOrder({ requestId: v4(), lines: [{ dealId: bed.addDeal().dealId, quantity: 1n }] }, user);
    return { user, orderId: order?.orderId ?? "" };
  }

  /** Runs `work` while a step of another order is in flight and cannot end. */
  async function behindAnother(work: () => Promise<void>): Promise<void> {
    const other = await newOrder();
    gate = Promise.withResolvers();
    waiting = 0;
    const inFlight = bed.orders.cancelOrder({ orderId: other.orderId }, other.user);
    await expect.poll(() => waiting).toBe(1);
    await work();
    // The server hears of it a moment later than the caller.
    await new Promise((resolve) => setTimeout(resolve, 100));
    gate.resolve();
    await inFlight;
  }

  test("deadlines - a payment whose time is up before its first step is stored is never asked for; its key may be used again", async () => {
    const { user, orderId } = await newOrder();
    const request = { orderId, paymentToken: "sandbox-ok", requestId: "p" };
    await behindAnother(async () => {
      expect(reasonOf(await failure(bed.orders.payOrder(request, { ...user, timeoutMs: 60 })))).toBe("DEADLINE_EXCEEDED");
    });
    expect((await bed.orders.getOrder({ orderId }, user)).order).toMatchObject({ state: OrderState.PENDING_PAYMENT, paymentState: PaymentState.UNSPECIFIED });
    expect(await countRows(database, "payments", "order_id", orderId)).toBe(0);
    expect((await bed.orders.payOrder(request, user)).order?.state).toBe(OrderState.PAID);
  });

  test("deadlines - a cancellation whose time is up while it waits is not done", async () => {
    const { user, orderId } = await newOrder();
    await behindAnother(async () => {
      expect(reasonOf(await failure(bed.orders.cancelOrder({ orderId, requestId: "c" }, { ...user, timeoutMs: 60 })))).toBe("DEADLINE_EXCEEDED");
    });
    expect(await eventsOf(database, orderId)).toEqual(["OrderCreated"]);
    expect((await bed.orders.cancelOrder({ orderId, requestId: "c" }, user)).order?.state).toBe(OrderState.CANCELLED);
  });
});
