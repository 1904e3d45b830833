import { OrderState, PaymentState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { CommitOutcomeUnknownError, type Database } from "@flashdeal/runtime/database";
import { reasonOf } from "@flashdeal/runtime/errors";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { v4 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { as, countRows, createTestBed, eventsOf, failure, type TestBed } from "../testing/test-bed.ts";

/** How the next transactions go wrong: before they begin, or after they committed, as a crash or a cut connection would make them. */
type Fault = "before" | "after-commit";

describeEachDatabase("order, faults between steps", (open) => {
  let database: Database;
  let bed: TestBed;
  let faults: (Fault | undefined)[] = [];
  /** Of each statement that stores new orders, whether it looks out for claims. */
  const looked: unknown[] = [];

  async function failing<T>(work: () => Promise<T>): Promise<T> {
    const fault = faults.shift();
    if (fault === "before") throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const result = await work();
    if (fault === "after-commit") throw new CommitOutcomeUnknownError("the connection ended during COMMIT");
    return result;
  }

  beforeAll(async () => {
    database = await open();
    const transaction: Database["transaction"] = (work, options) => failing(() => database.transaction(work, options));
    // New orders are stored by a statement that is a transaction of its own.
    const query: Database["query"] = (statement, values) => {
      if (statement.name !== "order.InsertNewOrders") return database.query(statement, values);
      looked.push(values.find((value) => typeof value === "boolean"));
      return failing(() => database.query(statement, values));
    };
    bed = await createTestBed({ database: { ...database, query, transaction } });
  });
  afterAll(async () => {
    await bed?.close();
    await database?.close();
  });

  async function paidWith(...failing: readonly (Fault | undefined)[]) {
    const user = as();
    const { order } = await bed.orders.createOrder({ requestId: v4(), lines: [{ dealId: bed.addDeal().dealId, quantity: 1n }] }, user);
    const orderId = order?.orderId ?? "";
    faults = [...failing];
    const pay = () => bed.orders.payOrder({ orderId, paymentToken: "sandbox-ok", requestId: "p" }, user);
    const error = await failure(pay());
    faults = [];
    return { orderId, user, pay, reason: reasonOf(error), get: async () => (await bed.orders.getOrder({ orderId }, user)).order };
  }

  test("faults - CreateOrder whose transaction fails: a retry has one order and one hold", async () => {
    const deal = bed.addDeal();
    const user = as();
    const request = { requestId: v4(), lines: [{ dealId: deal.dealId, quantity: 3n }] };
    faults = ["before"];
    looked.length = 0;
    expect(reasonOf(await failure(bed.orders.createOrder(request, user)))).toBe("SERVICE_UNAVAILABLE");
    const { order } = await bed.orders.createOrder(request, user);
    expect(looked).toEqual([false, true]);
    expect(await eventsOf(database, order?.orderId ?? "")).toEqual(["OrderCreated"]);
    expect(await countRows(database, "orders", "user_id", user.userId)).toBe(1);
    expect(deal.available).toBe(7n);
  });

  test("faults - CreateOrder whose commit's answer is lost: the order is looked up, and a retry has the same one", async () => {
    const deal = bed.addDeal();
    const user = as();
    const request = { requestId: v4(), lines: [{ dealId: deal.dealId, quantity: 3n }] };
    faults = ["after-commit"];
    const { order } = await bed.orders.createOrder(request, user);
    expect((await bed.orders.createOrder(request, user)).order).toEqual(order);
    expect(await eventsOf(database, order?.orderId ?? "")).toEqual(["OrderCreated"]);
    expect(await countRows(database, "orders", "user_id", user.userId)).toBe(1);
    expect(deal.available).toBe(7n);
  });

  test.each<Fault>(["before", "after-commit"])("faults - a payment that was captured but not stored (%s) is found by a retry", async (fault) => {
    const { orderId, pay, reason } = await paidWith(undefined, fault);
    expect(reason).toBe("SERVICE_UNAVAILABLE");
    expect((await pay()).order?.state).toBe(OrderState.PAID);
    expect(await eventsOf(database, orderId)).toEqual(["OrderCreated", "OrderPaid"]);
    expect(await countRows(database, "payments", "order_id", orderId)).toBe(1);
  });

  test("faults - a payment that was captured but not stored is found by the sweeper", async () => {
    const { get } = await paidWith(undefined, "before");
    expect(await get()).toMatchObject({ state: OrderState.PENDING_PAYMENT, paymentState: PaymentState.PENDING });
    bed.clock.advance(10_000);
    await bed.sweep("payments");
    expect(await get()).toMatchObject({ state: OrderState.PAID, paymentState: PaymentState.CAPTURED });
  });

  test("faults - a payment that was noted but never asked for is asked for by a retry", async () => {
    const { pay, reason, get } = await paidWith("after-commit");
    expect(reason).toBe("SERVICE_UNAVAILABLE");
    expect((await get())?.paymentState).toBe(PaymentState.PENDING);
    expect((await pay()).order?.state).toBe(OrderState.PAID);
  });

  test("faults - a cancellation whose refund was not stored is refunded once", async () => {
    const user = as();
    const { order } = await bed.orders.createOrder({ requestId: v4(), lines: [{ dealId: bed.addDeal().dealId, quantity: 1n }] }, user);
    const orderId = order?.orderId ?? "";
    await bed.orders.payOrder({ orderId, paymentToken: "sandbox-ok", requestId: "p" }, user);
    faults = [undefined, "before"];
    expect(reasonOf(await failure(bed.orders.cancelOrder({ orderId, requestId: "c" }, user)))).toBe("SERVICE_UNAVAILABLE");
    bed.clock.advance(10_000);
    await bed.sweep("payments");
    const again = await bed.orders.cancelOrder({ orderId, requestId: "c" }, user);
    expect(again.order).toMatchObject({ state: OrderState.CANCELLED, paymentState: PaymentState.REFUNDED });
    expect(await eventsOf(database, orderId)).toEqual(["OrderCreated", "OrderPaid", "OrderCancelled"]);
  });
});
