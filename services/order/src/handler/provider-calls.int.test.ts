import { OrderState, PaymentState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { Database } from "@flashdeal/runtime/database";
import { reasonOf } from "@flashdeal/runtime/errors";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { v4 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PaymentProvider } from "../domain/ports.ts";
import { createSandboxProvider } from "../payment/sandbox-provider.ts";
import { as, createTestBed, createTestClock, failure, type TestBed } from "../testing/test-bed.ts";

const minuteMs = 60_000;

describeEachDatabase("calls to the payment provider", (open, kind) => {
  let database: Database;
  let bed: TestBed;
  /** What was called, and in what. */
  const calls: { readonly name: string; readonly open: number; readonly locks: number }[] = [];

  beforeAll(async () => {
    database = await open();
    const clock = createTestClock();
    let transactions = 0;
    const transaction: Database["transaction"] = async (work, options) => {
      transactions++;
      return database.transaction(work, options).finally(() => transactions--);
    };
    const look = async () => {
      // Row locks of others show as transactions that hold a lock on a table of orders.
      const text = "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relnamespace = 'orders'::regnamespace AND l.pid <> pg_backend_pid()";
      const { rows } = kind === "Postgres" ? await database.query({ name: "", text }, []) : { rows: [[0n]] };
      return { open: transactions, locks: Number(rows[0]?.[0]) };
    };
    // What another payment's step holds at this moment ends by itself; what this call is made in does not end before it.
    const note = async (name: string): Promise<void> => {
      let seen = await look();
      for (let again = 0; again < 20 && (seen.open > 0 || seen.locks > 0); again++) {
        await new Promise((resolve) => setTimeout(resolve, 25));
        seen = await look();
      }
      calls.push({ name, ...seen });
    };
    const sandbox = createSandboxProvider({ database, clock, delayMs: 0, answerTimeoutMs: 50 });
    let isFirst = true;
    const provider: PaymentProvider = {
      capture: (payment) => note("capture").then(() => sandbox.capture(payment)),
      lookUp: (paymentId) => note("lookUp").then(() => sandbox.lookUp(paymentId)),
      abandon: (paymentId) => note("abandon").then(() => sandbox.abandon(paymentId)),
      async refund(paymentId) {
        await note("refund");
        if (!isFirst) return sandbox.refund(paymentId);
        isFirst = false;
        return false;
      },
    };
    bed = await createTestBed({ database: { ...database, transaction }, provider, clock });
  });
  afterAll(async () => {
    await bed?.close();
    await database?.close();
  });

  async function newOrder(available = 10n) {
    const user = as();
    const deal = bed.addDeal({ available });
    const { order } = await bed.orders.createOrder({ requestId: v4(), lines: [{ dealId: deal.dealId, quantity: 1n }] }, user);
    const orderId = order?.orderId ?? "";
    return { user, deal, orderId, pay: (paymentToken: string) => bed.orders.payOrder({ orderId, paymentToken, requestId: "p" }, user) };
  }

  test("provider - whatever it is asked, no transaction is open and no row is locked", async () => {
    const paid = await newOrder();
    await paid.pay("sandbox-ok");
    await bed.orders.cancelOrder({ orderId: paid.orderId }, paid.user);
    const lost = await newOrder();
    expect(reasonOf(await failure(lost.pay("sandbox-timeout")))).toBe("PAYMENT_PENDING");
    await lost.pay("sandbox-timeout");
    const late = await newOrder(1n);
    await failure(late.pay(`sandbox-delay-${11 * minuteMs}`));
    bed.clock.advance(10 * minuteMs + 31_000);
    await bed.sweep("expiry");
    for (let round = 0; round < 2; round++) {
      bed.clock.advance(minuteMs);
      await bed.sweep("payments");
    }
    expect((await bed.orders.getOrder({ orderId: late.orderId }, late.user)).order).toMatchObject({ state: OrderState.PAID, paymentState: PaymentState.CAPTURED });
    expect((await bed.orders.getOrder({ orderId: paid.orderId }, paid.user)).order?.paymentState).toBe(PaymentState.REFUNDED);
    expect(new Set(calls.map(({ name }) => name))).toEqual(new Set(["capture", "lookUp", "refund"]));
    expect(calls.filter((call) => call.open > 0 || call.locks > 0)).toEqual([]);
  });
});
