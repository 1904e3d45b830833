import { OrderState, PaymentState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { Database } from "@flashdeal/runtime/database";
import { reasonMetadataOf, reasonOf, retryAfterMsOf, violationsOf } from "@flashdeal/runtime/errors";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { v4 } from "uuid";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { giveBack, type TestDeal } from "../testing/memory-inventory.ts";
import { as, countRows, createTestBed, eventsOf, failure, type TestBed } from "../testing/test-bed.ts";

const minuteMs = 60_000;

describeEachDatabase("pay order", (open) => {
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

  /** An order of a new user, and ways to pay it. */
  async function newOrder(where: TestBed = bed, options: Partial<TestDeal> = {}) {
    const deal = where.addDeal(options);
    const user = as();
    const request = { requestId: v4(), lines: [{ dealId: deal.dealId, quantity: 1n }] };
    const { order } = await where.orders.createOrder(request, user);
    const orderId = order?.orderId ?? "";
    return {
      orderId,
      /** A repeated CreateOrder gets the first answer, whatever has happened since. */
      expectFirstAnswer: async () => expect((await where.orders.createOrder(request, user)).order).toEqual(order),
      user,
      deal,
      pay: (paymentToken: string, requestId: string = v4()) => where.orders.payOrder({ orderId, paymentToken, requestId }, user),
      get: async () => (await where.orders.getOrder({ orderId }, user)).order,
      captures: () => captures(orderId),
    };
  }

  /** Payments of the order that the provider holds money of. */
  async function captures(orderId: string): Promise<number> {
    const text = "SELECT count(*) FROM orders.sandbox_payments s JOIN orders.payments p USING (payment_id) WHERE p.order_id = $1 AND s.captured AND s.refund_time IS NULL";
    return Number((await database.query({ name: "", text }, [orderId])).rows[0]?.[0]);
  }

  test("pay - captures once, tells once, and the same key answers the same", async () => {
    const { orderId, pay, get, captures } = await newOrder();
    const paid = await pay("sandbox-ok", "p");
    expect(paid.order).toMatchObject({ orderId, state: OrderState.PAID, paymentState: PaymentState.CAPTURED });
    expect(paid.order?.paymentId).not.toBe("");
    expect(await pay("sandbox-ok", "p")).toEqual(paid);
    expect(await get()).toEqual(paid.order);
    expect(await captures()).toBe(1);
    expect(await eventsOf(database, orderId)).toEqual(["OrderCreated", "OrderPaid"]);
  });

  test("pay - a refused payment leaves the order waiting; a new key may pay it", async () => {
    const { orderId, pay, get } = await newOrder();
    const refused = await failure(pay("sandbox-refuse", "first"));
    expect([reasonOf(refused), reasonMetadataOf(refused)]).toEqual(["PAYMENT_REFUSED", { decline_code: "card_declined" }]);
    expect(await get()).toMatchObject({ state: OrderState.PENDING_PAYMENT, paymentState: PaymentState.REFUSED });
    expect(reasonOf(await failure(pay("sandbox-refuse", "first")))).toBe("PAYMENT_REFUSED");
    expect(reasonOf(await failure(pay("sandbox-ok", "first")))).toBe("REQUEST_ID_REUSED");
    expect(reasonMetadataOf(await failure(pay("tok_visa")))).toEqual({ decline_code: "invalid_token" });
    expect((await pay("sandbox-ok")).order?.state).toBe(OrderState.PAID);
    expect(await eventsOf(database, orderId)).toEqual(["OrderCreated", "OrderPaid"]);
  });

  test("pay - an answer that was lost leaves the payment pending; a retry looks it up", async () => {
    const { pay, get, captures } = await newOrder();
    const pending = await failure(pay("sandbox-timeout", "p"));
    expect(reasonOf(pending)).toBe("PAYMENT_PENDING");
    expect(retryAfterMsOf(pending)).toBeGreaterThan(0);
    expect(await get()).toMatchObject({ state: OrderState.PENDING_PAYMENT, paymentState: PaymentState.PENDING });
    expect((await pay("sandbox-timeout", "p")).order?.state).toBe(OrderState.PAID);
    expect(await captures()).toBe(1);
  });

  test("pay - a slow payment is pending until the provider has settled it", async () => {
    const { pay, captures } = await newOrder();
    expect((await (await newOrder()).pay("sandbox-delay-20")).order?.state).toBe(OrderState.PAID);
    expect(reasonOf(await failure(pay("sandbox-delay-60000", "p")))).toBe("PAYMENT_PENDING");
    expect(reasonOf(await failure(pay("sandbox-delay-60000", "p")))).toBe("PAYMENT_PENDING");
    expect(reasonOf(await failure(pay("sandbox-ok", "other")))).toBe("PAYMENT_PENDING");
    bed.clock.advance(minuteMs);
    expect((await pay("sandbox-delay-60000", "p")).order?.state).toBe(OrderState.PAID);
    const again = await failure(pay("sandbox-ok", "other"));
    expect([reasonOf(again), reasonMetadataOf(again)]).toEqual(["WRONG_STATE", { state: "PAID" }]);
    expect(await captures()).toBe(1);
  });

  test("pay - many calls with different keys at once capture once", async () => {
    for (const token of ["sandbox-ok", "sandbox-delay-10"]) {
      const { orderId, pay, captures } = await newOrder();
      const results = await Promise.allSettled(Array.from({ length: 10 }, () => pay(token)));
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const reasons = results.flatMap((result) => (result.status === "rejected" ? [reasonOf(result.reason)] : []));
      expect(reasons.every((reason) => reason === "PAYMENT_PENDING" || reason === "WRONG_STATE")).toBe(true);
      expect(await captures()).toBe(1);
      expect(await eventsOf(database, orderId)).toEqual(["OrderCreated", "OrderPaid"]);
    }
  });

  test("pay - many calls with one key at once, in two processes, capture once", async () => {
    const other = await createTestBed({ database, inventory: bed.inventory });
    const { orderId, user, captures } = await newOrder();
    const request = { orderId, paymentToken: "sandbox-delay-10", requestId: "p" };
    const results = await Promise.allSettled([bed, other, bed, other].map((where) => where.orders.payOrder(request, user)));
    const reasons = results.flatMap((result) => (result.status === "rejected" ? [reasonOf(result.reason)] : []));
    expect(reasons.every((reason) => reason === "REQUEST_IN_PROGRESS" || reason === "PAYMENT_PENDING")).toBe(true);
    // On a busy machine the wait for the provider may end first, for all of them.
    await vi.waitFor(() => other.orders.payOrder(request, user), { timeout: 10_000 });
    expect(await captures()).toBe(1);
    await other.close();
  });

  test("pay - the sweeper looks up what nobody asks about again", async () => {
    const own = await createTestBed({ database, inventory: bed.inventory });
    const { orderId, pay, get } = await newOrder(own);
    await failure(pay("sandbox-timeout", "p"));
    await own.sweep("payments");
    expect((await get())?.state).toBe(OrderState.PENDING_PAYMENT);
    own.clock.advance(10_000);
    await own.sweep("payments");
    expect((await get())?.state).toBe(OrderState.PAID);
    expect((await pay("sandbox-timeout", "p")).order?.orderId).toBe(orderId);
    await own.close();
  });

  test("pay - a call that never reached the provider is closed there by the sweeper, and nothing is captured later", async () => {
    const { createSandboxProvider } = await import("../payment/sandbox-provider.ts");
    const clock = bed.clock;
    const sandbox = createSandboxProvider({ database, clock, delayMs: 0, answerTimeoutMs: 100 });
    let late: (() => Promise<unknown>) | undefined;
    const provider = {
      ...sandbox,
      capture: async (request: Parameters<typeof sandbox.capture>[0]) => {
        late = () => sandbox.capture(request);
        throw new Error("lost on its way");
      },
    };
    const own = await createTestBed({ database, inventory: bed.inventory, clock, provider });
    const { pay, get, captures } = await newOrder(own);
    expect(reasonOf(await failure(pay("sandbox-ok", "p")))).toBe("PAYMENT_PENDING");
    clock.advance(10_000);
    await own.sweep("payments");
    expect(await get()).toMatchObject({ state: OrderState.PENDING_PAYMENT, paymentState: PaymentState.REFUSED });
    expect(await late?.()).toEqual({ kind: "refused", declineCode: "abandoned" });
    expect(reasonMetadataOf(await failure(pay("sandbox-ok", "p")))).toEqual({ decline_code: "abandoned" });
    expect(await captures()).toBe(0);
    await own.close();
  });

  /** An order whose payment is under way for so long that the order expires before it is captured. */
  async function expiredWhilePaying(own: TestBed, deal: Partial<TestDeal>) {
    const made = await newOrder(own, deal);
    const pay = () => made.pay(`sandbox-delay-${11 * minuteMs}`, "p");
    expect(reasonOf(await failure(pay()))).toBe("PAYMENT_PENDING");
    own.clock.advance(10 * minuteMs + 1_000);
    await own.sweep("payments");
    await own.sweep("expiry");
    expect((await made.get())?.state).toBe(OrderState.PENDING_PAYMENT);
    own.clock.advance(30_000);
    await own.sweep("expiry");
    expect(await made.get()).toMatchObject({ state: OrderState.EXPIRED, paymentState: PaymentState.PENDING });
    own.clock.advance(minuteMs);
    return { ...made, pay, reservationId: (await made.get())?.reservationId ?? "" };
  }

  test("pay - a capture that arrives after the order expired is refunded where others have the stock, and the order says so", async () => {
    const own = await createTestBed({ database });
    const { orderId, deal, pay, get, captures, reservationId, expectFirstAnswer } = await expiredWhilePaying(own, { available: 1n });
    giveBack(own.inventory, reservationId, "EXPIRED");
    await own.orders.createOrder({ requestId: v4(), lines: [{ dealId: deal.dealId, quantity: 1n }] }, as());
    await own.sweep("payments");
    expect(await get()).toMatchObject({ state: OrderState.EXPIRED, paymentState: PaymentState.REFUNDED, reservationId });
    expect(await captures()).toBe(0);
    expect(await eventsOf(database, orderId)).toEqual(["OrderCreated", "OrderExpired"]);
    const error = await failure(pay());
    expect([reasonOf(error), reasonMetadataOf(error)]).toEqual(["WRONG_STATE", { state: "EXPIRED" }]);
    await expectFirstAnswer();
    await own.close();
  });

  test("pay - a capture that arrives after the order expired gets stock again where there is some, its own units first", async () => {
    const own = await createTestBed({ database });
    const { orderId, deal, pay, get, captures, reservationId, user, expectFirstAnswer } = await expiredWhilePaying(own, { available: 1n, perUserLimit: 1n });
    await own.sweep("payments");
    const paid = await get();
    expect(paid).toMatchObject({ state: OrderState.PAID, paymentState: PaymentState.CAPTURED });
    expect(paid?.reservationId).not.toBe(reservationId);
    expect(own.inventory.holds.get(paid?.reservationId ?? "")).toMatchObject({ state: "HELD", lines: [{ dealId: deal.dealId, quantity: 1n }] });
    expect(own.inventory.holds.get(reservationId)?.state).toBe("RELEASED");
    expect(await captures()).toBe(1);
    expect(await eventsOf(database, orderId)).toEqual(["OrderCreated", "OrderExpired", "OrderPaid"]);
    expect((await pay()).order).toEqual(paid);
    await expectFirstAnswer();
    const { resolutions } = await own.orders.resolveReservations({ reservationIds: [reservationId, paid?.reservationId ?? ""] });
    expect(resolutions.map(({ orderState }) => orderState)).toEqual([OrderState.EXPIRED, OrderState.PAID]);
    const { order } = await own.orders.cancelOrder({ orderId, requestId: v4() }, user);
    expect(order).toMatchObject({ state: OrderState.CANCELLED, reservationId: paid?.reservationId });
    await own.close();
  });

  test("pay - a late capture waits until the inventory answers, and a lost answer takes no second hold", async () => {
    const own = await createTestBed({ database });
    const { deal, get, captures } = await expiredWhilePaying(own, { available: 5n });
    own.inventory.faults.push("call-lost");
    await own.sweep("payments");
    expect(await get()).toMatchObject({ state: OrderState.EXPIRED, paymentState: PaymentState.PENDING });
    own.clock.advance(10_000);
    own.inventory.faults.push("answer-lost");
    await own.sweep("payments");
    expect(await get()).toMatchObject({ state: OrderState.EXPIRED, paymentState: PaymentState.PENDING });
    own.clock.advance(10_000);
    await own.sweep("payments");
    expect(await get()).toMatchObject({ state: OrderState.PAID, paymentState: PaymentState.CAPTURED });
    expect([await captures(), deal.available]).toEqual([1, 4n]);
    await own.close();
  });

  test("pay - a late capture whose new hold was closed meanwhile is refunded", async () => {
    const own = await createTestBed({ database });
    const { get, captures, deal } = await expiredWhilePaying(own, { available: 1n });
    own.inventory.faults.push("answer-lost");
    await own.sweep("payments");
    const [late = ""] = [...own.inventory.holds].flatMap(([id, { state }]) => (state === "HELD" ? [id] : []));
    await own.orders.resolveReservations({ reservationIds: [late] });
    own.clock.advance(10_000);
    await own.sweep("payments");
    expect(await get()).toMatchObject({ state: OrderState.EXPIRED, paymentState: PaymentState.PENDING });
    giveBack(own.inventory, late, "EXPIRED");
    own.clock.advance(10_000);
    await own.sweep("payments");
    expect(await get()).toMatchObject({ state: OrderState.EXPIRED, paymentState: PaymentState.REFUNDED });
    expect([await captures(), deal.available]).toEqual([0, 1n]);
    await own.close();
  });

  test("pay - an order whose time is over cannot be paid, swept or not", async () => {
    const own = await createTestBed({ database, inventory: bed.inventory });
    const { pay, captures } = await newOrder(own);
    own.clock.advance(10 * minuteMs);
    expect(reasonMetadataOf(await failure(pay("sandbox-ok")))).toEqual({ state: "EXPIRED" });
    expect(await captures()).toBe(0);
    await own.close();
  });

  test("pay - bad input and strangers are refused, and leave no trace", async () => {
    const { orderId, user } = await newOrder();
    const good = { orderId, paymentToken: "sandbox-ok", requestId: "p" };
    const bad: [typeof good, string, string | undefined][] = [
      [{ ...good, orderId: "1" }, "INVALID_INPUT", "order_id"],
      [{ ...good, paymentToken: "" }, "INVALID_INPUT", "payment_token"],
      [{ ...good, paymentToken: "x".repeat(201) }, "INVALID_INPUT", "payment_token"],
      [{ ...good, requestId: "" }, "REQUEST_ID_REQUIRED", "request_id"],
      [{ ...good, requestId: "ü" }, "INVALID_INPUT", "request_id"],
      [{ ...good, orderId: v4() }, "ORDER_NOT_FOUND", undefined],
    ];
    for (const [request, reason, field] of bad) {
      const error = await failure(bed.orders.payOrder(request, user));
      expect([reasonOf(error), violationsOf(error)[0]?.field]).toEqual([reason, field]);
    }
    expect(reasonOf(await failure(bed.orders.payOrder(good, as())))).toBe("ORDER_NOT_FOUND");
    expect(await countRows(database, "payments", "order_id", orderId)).toBe(0);
    expect((await bed.orders.payOrder(good, user)).order?.state).toBe(OrderState.PAID);
  });
});
