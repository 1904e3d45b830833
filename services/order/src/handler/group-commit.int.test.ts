import { ConnectError } from "@connectrpc/connect";
import type { Database } from "@flashdeal/runtime/database";
import { reasonOf, retryAfterMsOf } from "@flashdeal/runtime/errors";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { v4 } from "uuid";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createMemoryInventory } from "../testing/memory-inventory.ts";
import { as, countRows, createTestBed, failure, type TestBed } from "../testing/test-bed.ts";

describeEachDatabase("group commit of orders", (open) => {
  let database: Database;
  let bed: TestBed;
  const inventory = createMemoryInventory();
  let gate = Promise.withResolvers<void>();

  beforeAll(async () => {
    database = await open();
    inventory.beforeReserve = () => gate.promise;
    bed = await createTestBed({ database, inventory, config: { batchMaxSize: 4, batchMaxQueued: 16, batchMaxInFlight: 1 } });
  });
  afterEach(() => {
    gate.resolve();
    gate = Promise.withResolvers();
    inventory.reserveCalls = 0;
  });
  afterAll(async () => {
    await bed?.close();
    await database?.close();
  });

  const order = (dealId: string, options = {}, user = as()) => bed.orders.createOrder({ requestId: v4(), lines: [{ dealId, quantity: 1n }] }, { ...user, ...options });
  const begun = async () => {
    await expect.poll(() => inventory.reserveCalls).toBe(1);
  };

  test("concurrent calls, single and in batches, share calls to the inventory", async () => {
    const deal = bed.addDeal({ available: 100n });
    const first = order(deal.dealId);
    await begun();
    const singles = [order(deal.dealId), order(deal.dealId)];
    const entries = [0, 1].map(() => ({ userId: v4(), request: { requestId: v4(), lines: [{ dealId: deal.dealId, quantity: 1n }] } }));
    const batch = bed.orders.batchCreateOrders({ entries });
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.resolve();
    await Promise.all([first, ...singles]);
    expect((await batch).results.map(({ outcome }) => outcome.case)).toEqual(["response", "response"]);
    expect(inventory.reserveCalls).toBe(2);
    expect(deal.available).toBe(95n);
  });

  test("a full queue answers OVERLOADED at once, with the time after which to retry, and leaves no trace", async () => {
    const deal = bed.addDeal({ available: 100n });
    const inFlight = order(deal.dealId);
    await begun();
    const waiting = Array.from({ length: 16 }, () => order(deal.dealId));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const user = as();
    const error = await failure(order(deal.dealId, {}, user));
    expect(reasonOf(error)).toBe("OVERLOADED");
    expect(retryAfterMsOf(ConnectError.from(error))).toBeGreaterThan(0);
    gate.resolve();
    await Promise.all([inFlight, ...waiting]);
    expect(await countRows(database, "orders", "user_id", user.userId)).toBe(0);
    expect(deal.available).toBe(83n);
    expect((await order(deal.dealId, {}, user)).order?.userId).toBe(user.userId);
  });

  test("a call whose time is up while it waits is taken out; one that left after its batch began is stored", async () => {
    const deal = bed.addDeal({ available: 100n });
    const [early, late] = [as(), as()];
    const leaving = new AbortController();
    const inFlight = failure(order(deal.dealId, { signal: leaving.signal }, early));
    await begun();
    expect(reasonOf(await failure(order(deal.dealId, { timeoutMs: 60 }, late)))).toBe("DEADLINE_EXCEEDED");
    leaving.abort();
    await inFlight;
    // The server hears of both a moment later than the callers.
    await new Promise((resolve) => setTimeout(resolve, 100));
    gate.resolve();
    await expect.poll(() => countRows(database, "orders", "user_id", early.userId)).toBe(1);
    expect(await countRows(database, "orders", "user_id", late.userId)).toBe(0);
    expect(deal.available).toBe(99n);
  });

  test("duplicates of one request that wait are told so, and make one order", async () => {
    const deal = bed.addDeal({ available: 100n });
    const user = as();
    const request = { requestId: v4(), lines: [{ dealId: deal.dealId, quantity: 1n }] };
    const blocker = order(deal.dealId);
    await begun();
    const calls = Array.from({ length: 4 }, () => bed.orders.createOrder(request, user).then(({ order: stored }) => stored?.orderId, reasonOf));
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.resolve();
    const answers = await Promise.all(calls);
    await blocker;
    expect(answers.filter((answer) => answer === "REQUEST_IN_PROGRESS")).toHaveLength(3);
    expect(await countRows(database, "orders", "user_id", user.userId)).toBe(1);
  });

  test("steps - one that the database refuses fails alone, whoever stands beside it", async () => {
    gate.resolve();
    const deal = bed.addDeal({ available: 100n });
    const users = Array.from({ length: 8 }, () => as());
    const ids: string[] = [];
    for (const user of users) ids.push((await order(deal.dealId, {}, user)).order?.orderId ?? "");
    await database.script(`CREATE FUNCTION orders.refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.cancel_reason = 'poison' THEN RAISE EXCEPTION 'refused' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER refuse_poison BEFORE UPDATE ON orders.orders FOR EACH ROW EXECUTE FUNCTION orders.refuse_poison();`);
    const cancels = await Promise.allSettled(users.map((user, index) => bed.orders.cancelOrder({ orderId: ids[index] ?? "", reason: index % 4 === 1 ? "poison" : "" }, user)));
    expect(cancels.map(({ status }, index) => [index, status])).toEqual(users.map((_, index) => [index, index % 4 === 1 ? "rejected" : "fulfilled"]));
    await database.script("DROP TRIGGER refuse_poison ON orders.orders");
    const later = await Promise.all(users.map((user, index) => bed.orders.cancelOrder({ orderId: ids[index] ?? "" }, user)));
    expect(later).toHaveLength(8);
  });

  test("steps of different orders at the same moment are each stored once, those of one order one after the other", async () => {
    gate.resolve();
    const deal = bed.addDeal({ available: 100n });
    const users = Array.from({ length: 6 }, () => as());
    const ids: string[] = [];
    for (const user of users) ids.push((await order(deal.dealId, {}, user)).order?.orderId ?? "");
    const paid = await Promise.all(users.map((user, index) => bed.orders.payOrder({ orderId: ids[index] ?? "", paymentToken: "sandbox-ok", requestId: "pay" }, user)));
    expect(paid.map((answer) => answer.order?.orderId)).toEqual(ids);
    const cancels = await Promise.all([...users, ...users].map((user, index) => bed.orders.cancelOrder({ orderId: ids[index % 6] ?? "" }, user)));
    expect(new Set(cancels.map((answer) => answer.order?.orderId)).size).toBe(6);
    for (const id of ids) {
      const { rows } = await database.query({ name: "", text: "SELECT subject FROM orders.outbox WHERE aggregate_key = $1 ORDER BY position" }, [id]);
      expect(rows.map(([subject]) => String(subject).split(".").at(-1))).toEqual(["OrderCreated", "OrderPaid", "OrderCancelled"]);
    }
  });
});
