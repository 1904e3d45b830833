import { createClient } from "@connectrpc/connect";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { create, fromBinary } from "@bufbuild/protobuf";
import { OrderCreatedSchema } from "@flashdeal/proto/flashdeal/order/v1/order_events_pb";
import { BatchCreateOrdersEntrySchema, CreateOrderRequestSchema, OrderService, OrderState, PaymentState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ErrorInfoSchema } from "@flashdeal/proto/google/rpc/error_details_pb";
import type { Database } from "@flashdeal/runtime/database";
import { reasonMetadataOf, reasonOf, violationsOf } from "@flashdeal/runtime/errors";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { v4, v7 } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { giveBack } from "../testing/memory-inventory.ts";
import { as, countRows, createTestBed, failure, type TestBed } from "../testing/test-bed.ts";

/** A request for units of one deal, with a new key. */
function oneOf(dealId: string, quantity = 1n) {
  return { requestId: v4(), lines: [{ dealId, quantity }] };
}

describeEachDatabase("create order", (open) => {
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
  beforeEach(() => {
    bed.inventory.faults.length = 0;
    bed.inventory.beforeReserve = async () => {};
  });

  describe("CreateOrder", () => {
    test("create order - order, lines, claim and event are stored together", async () => {
      const [a, b] = [bed.addDeal({ priceUnits: 100n }), bed.addDeal({ priceUnits: 7n })];
      const user = as();
      const lines = [{ dealId: a.dealId, quantity: 1n }, { dealId: b.dealId, quantity: 2n }, { dealId: a.dealId, quantity: 2n }];
      const { order } = await bed.orders.createOrder({ requestId: "key", lines }, user);
      expect(order).toMatchObject({ userId: user.userId, state: OrderState.PENDING_PAYMENT, paymentState: PaymentState.UNSPECIFIED, paymentId: "" });
      expect(order?.lines.map(({ dealId, quantity }) => [dealId, quantity])).toEqual([[a.dealId, 3n], [b.dealId, 2n]]);
      expect(order?.total).toMatchObject({ currencyCode: "KRW", units: 314n, nanos: 0 });
      expect(Number(order?.expireTime?.seconds) - Number(order?.createTime?.seconds)).toBeCloseTo(600, -1);
      const hold = bed.inventory.holds.get(order?.reservationId ?? "");
      expect(hold?.expireTime.getTime()).toBe(Number(order?.expireTime?.seconds) * 1000 + Number(order?.expireTime?.nanos) / 1e6 + 60_000);
      const { rows } = await database.query({ name: "", text: "SELECT payload FROM orders.outbox WHERE aggregate_key = $1" }, [order?.orderId]);
      expect(fromBinary(OrderCreatedSchema, rows[0]?.[0] as Uint8Array).order).toEqual(order);
      expect(rows).toHaveLength(1);
    });

    test("create order - any text that a deal may have is stored as it is, in one batch with others", async () => {
      const titles = ["NULL", "", "{}", '"', "\\", `It's {"b","c"}, \\"d\\"`, " leading and trailing ", "a,b", "한정 판매 👟", "line\nbreak", "$1", "x".repeat(200)];
      const deals = titles.map((title) => bed.addDeal({ title }));
      const user = as();
      const wanted = [...deals.map(({ dealId }) => [{ dealId, quantity: 1n }]), deals.map(({ dealId }) => ({ dealId, quantity: 2n })), deals.slice(0, 1).map(({ dealId }) => ({ dealId, quantity: 3n }))];
      const created = await Promise.all(wanted.map((lines) => bed.orders.createOrder({ requestId: v4(), lines }, user)));
      for (const [index, { order }] of created.entries()) {
        const stored = await bed.orders.getOrder({ orderId: order?.orderId ?? "" }, user);
        expect(stored.order).toEqual(order);
        expect(stored.order?.lines.map(({ dealId, quantity, title }) => [dealId, quantity, title])).toEqual(
          wanted[index]?.map(({ dealId, quantity }) => [dealId, quantity, titles[deals.findIndex((deal) => deal.dealId === dealId)]]),
        );
      }
    });

    test("create order - lines keep their own deals' terms, in one batch with others, and a repeated call gets them again", async () => {
      const terms = [{ priceUnits: 100n }, { priceUnits: 7n, priceNanos: 5 }, { priceUnits: 0n, priceNanos: 250_000_000 }] as const;
      const deals = terms.map((each) => bed.addDeal({ ...each, currencyCode: "EUR" }));
      // Terms that change between two holds of one batch.
      let price = 0n;
      const changing = Object.defineProperty(bed.addDeal(), "priceUnits", { get: () => ++price });
      const user = as();
      const wanted = [deals, deals.toReversed(), deals.slice(1, 2), [changing], [changing], [changing], deals.slice(1, 2), deals];
      const entries = wanted.map((each) => {
        const lines = each.map(({ dealId }, index) => ({ dealId, quantity: BigInt(index + 1) }));
        return create(BatchCreateOrdersEntrySchema, { userId: user.userId, request: { requestId: v4(), lines } });
      });
      const { results } = await bed.orders.batchCreateOrders({ entries });
      const orders = results.map(({ outcome }) => (outcome.case === "response" ? outcome.value.order : undefined));
      expect(orders.map((order) => order?.lines.map(({ unitPrice }) => [unitPrice?.units, unitPrice?.nanos]))).toEqual([
        [[100n, 0], [7n, 5], [0n, 250_000_000]],
        [[0n, 250_000_000], [7n, 5], [100n, 0]],
        [[7n, 5]],
        [[1n, 0]],
        [[2n, 0]],
        [[3n, 0]],
        [[7n, 5]],
        [[100n, 0], [7n, 5], [0n, 250_000_000]],
      ]);
      for (const [index, order] of orders.entries()) {
        expect((await bed.orders.getOrder({ orderId: order?.orderId ?? "" }, user)).order).toEqual(order);
        const { requestId = "", lines = [] } = entries[index]?.request ?? {};
        // The same units of the same deals are the same request, in whatever order.
        expect((await bed.orders.createOrder({ requestId, lines: lines.toReversed() }, user)).order).toEqual(order);
      }
    });

    test("create order - a user's id in capitals is the same user's", async () => {
      const { dealId } = bed.addDeal();
      const user = as();
      const request = oneOf(dealId);
      const first = await bed.orders.createOrder(request, as("customer", user.userId.toUpperCase()));
      expect(first.order?.userId).toBe(user.userId);
      expect(await bed.orders.createOrder(request, user)).toEqual(first);
    });

    test("create order - a request says what is ordered by its lines alone, by which a repeated one is compared", () => {
      expect(CreateOrderRequestSchema.fields.map(({ name }) => name)).toEqual(["lines", "request_id"]);
    });

    test("create order - the same key and payload answer the first order again, also from another process", async () => {
      const { dealId } = bed.addDeal();
      const user = as();
      const request = oneOf(dealId, 2n);
      const first = await bed.orders.createOrder(request, user);
      await bed.orders.cancelOrder({ orderId: first.order?.orderId ?? "" }, user);
      expect(await bed.orders.createOrder(request, user)).toEqual(first);
      const other = await createTestBed({ database, inventory: bed.inventory });
      expect(await other.orders.createOrder(request, user)).toEqual(first);
      await other.close();
      expect(bed.inventory.deals.get(dealId)?.available).toBe(8n);
    });

    test("create order - the same key with another payload is refused; keys of other users are others", async () => {
      const { dealId } = bed.addDeal();
      const user = as();
      const request = oneOf(dealId);
      const first = await bed.orders.createOrder(request, user);
      const lines = [{ dealId, quantity: 2n }];
      expect(reasonOf(await failure(bed.orders.createOrder({ ...request, lines }, user)))).toBe("REQUEST_ID_REUSED");
      const others = await bed.orders.createOrder(request, as());
      expect(others.order?.orderId).not.toBe(first.order?.orderId);
    });

    test("create order - while the first runs, the second is told so; exactly one order comes to be", async () => {
      const { dealId } = bed.addDeal({ available: 100n });
      const user = as();
      const request = oneOf(dealId);
      bed.inventory.beforeReserve = () => new Promise((resolve) => setTimeout(resolve, 50));
      const results = await Promise.allSettled(Array.from({ length: 20 }, () => bed.orders.createOrder(request, user)));
      const ids = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.order?.orderId] : []));
      const reasons = results.flatMap((result) => (result.status === "rejected" ? [reasonOf(result.reason)] : []));
      expect(ids).toHaveLength(1);
      expect(new Set(reasons)).toEqual(new Set(["REQUEST_IN_PROGRESS"]));
      expect(bed.inventory.deals.get(dealId)?.available).toBe(99n);
    });

    test("create order - two processes with the same key at the same moment store one order and both answer it", async () => {
      const other = await createTestBed({ database, inventory: bed.inventory });
      for (let round = 0; round < 10; round++) {
        const { dealId } = bed.addDeal();
        const user = as();
        const request = oneOf(dealId);
        const [a, b] = await Promise.all([bed.orders.createOrder(request, user), other.orders.createOrder(request, user)]);
        expect(a).toEqual(b);
        expect(bed.inventory.deals.get(dealId)?.available).toBe(9n);
        expect(await countRows(database, "orders", "user_id", user.userId)).toBe(1);
      }
      await other.close();
    });

    test("create order - a repeated request has its first answer also while the inventory is away, and a changed one is refused", async () => {
      const { dealId } = bed.addDeal();
      const user = as();
      const request = { requestId: v4(), lines: [{ dealId, quantity: 1n }] };
      const { order } = await bed.orders.createOrder(request, user);
      bed.inventory.faults.push("call-lost");
      expect((await bed.orders.createOrder(request, user)).order).toEqual(order);
      bed.inventory.faults.push("call-lost");
      expect(reasonOf(await failure(bed.orders.createOrder({ ...request, lines: [{ dealId, quantity: 2n }] }, user)))).toBe("REQUEST_ID_REUSED");
    });

    test("create order - a lost answer of the inventory is retried by the same key and meets its own hold", async () => {
      const { dealId } = bed.addDeal();
      const user = as();
      const request = oneOf(dealId);
      bed.inventory.faults.push("answer-lost");
      expect(reasonOf(await failure(bed.orders.createOrder(request, user)))).toBe("SERVICE_UNAVAILABLE");
      expect(await countRows(database, "orders", "user_id", user.userId)).toBe(0);
      expect(bed.inventory.deals.get(dealId)?.available).toBe(9n);
      const { order } = await bed.orders.createOrder(request, user);
      expect(order?.state).toBe(OrderState.PENDING_PAYMENT);
      expect(bed.inventory.deals.get(dealId)?.available).toBe(9n);
    });

    test("create order - a retry with another payload than its own hold is refused", async () => {
      const { dealId } = bed.addDeal();
      const user = as();
      const request = oneOf(dealId);
      bed.inventory.faults.push("answer-lost");
      await failure(bed.orders.createOrder(request, user));
      const lines = [{ dealId, quantity: 5n }];
      expect(reasonOf(await failure(bed.orders.createOrder({ ...request, lines }, user)))).toBe("REQUEST_ID_REUSED");
    });

    test("create order - a retry whose hold has ended says so and takes nothing", async () => {
      const { dealId } = bed.addDeal();
      const user = as();
      const request = oneOf(dealId);
      bed.inventory.faults.push("answer-lost");
      await failure(bed.orders.createOrder(request, user));
      const [hold] = [...bed.inventory.holds.values()].slice(-1);
      giveBack(bed.inventory, hold?.reservationId ?? "", "EXPIRED");
      const error = await failure(bed.orders.createOrder(request, user));
      expect([reasonOf(error), reasonMetadataOf(error)]).toEqual(["WRONG_STATE", { state: "EXPIRED" }]);
      expect(await countRows(database, "orders", "user_id", user.userId)).toBe(0);
    });

    test("create order - SOLD_OUT is not remembered: the same request succeeds once there is stock", async () => {
      const deal = bed.addDeal({ available: 0n });
      const user = as();
      const request = oneOf(deal.dealId);
      const error = await failure(bed.orders.createOrder(request, user));
      expect([reasonOf(error), reasonMetadataOf(error)]).toEqual(["SOLD_OUT", { deal_id: deal.dealId, available: "0" }]);
      deal.available = 1n;
      expect((await bed.orders.createOrder(request, user)).order?.lines).toHaveLength(1);
    });

    test("create order - refusals of the inventory keep their reason, and all lines or none are held", async () => {
      const good = bed.addDeal();
      const refused = [v7(), bed.addDeal({ cancelled: true }).dealId, bed.addDeal({ perUserLimit: 1n }).dealId];
      const reasons = [];
      for (const dealId of refused) {
        const lines = [{ dealId: good.dealId, quantity: 1n }, { dealId, quantity: 2n }];
        reasons.push(reasonOf(await failure(bed.orders.createOrder({ requestId: v4(), lines }, as()))));
      }
      expect(reasons).toEqual(["DEAL_NOT_FOUND", "DEAL_CANCELLED", "PURCHASE_LIMIT_REACHED"]);
      expect(bed.inventory.deals.get(good.dealId)?.available).toBe(10n);
    });

    test("create order - deals of two currencies are refused, and their hold is given back", async () => {
      const [a, b] = [bed.addDeal(), bed.addDeal({ currencyCode: "USD" })];
      const lines = [a, b].map(({ dealId }) => ({ dealId, quantity: 1n }));
      const error = await failure(bed.orders.createOrder({ requestId: v4(), lines }, as()));
      expect([reasonOf(error), violationsOf(error).map(({ field }) => field)]).toEqual(["INVALID_INPUT", ["lines"]]);
      expect([a.available, b.available]).toEqual([10n, 10n]);
    });

    test("create order - 100 units among 300 buyers: exactly 100 orders", async () => {
      const deal = bed.addDeal({ available: 100n });
      const results = await Promise.allSettled(Array.from({ length: 300 }, () => bed.orders.createOrder(oneOf(deal.dealId), as())));
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(100);
      expect(await countRows(database, "order_lines", "deal_id", deal.dealId)).toBe(100);
      expect(deal.available).toBe(0n);
    });

    test("create order - bad input is refused with its field and leaves no trace", async () => {
      const { dealId } = bed.addDeal();
      const user = as();
      const line = { dealId, quantity: 1n };
      const bad: [Parameters<typeof bed.orders.createOrder>[0], string, string][] = [
        [{ requestId: "k", lines: [] }, "INVALID_INPUT", "lines"],
        ...[101, 1_000].map((length): (typeof bad)[number] => [{ requestId: "k", lines: Array.from({ length }, () => line) }, "INVALID_INPUT", "lines"]),
        [{ requestId: "k", lines: [line, { dealId, quantity: 1_000_001n }] }, "INVALID_INPUT", "lines[1].quantity"],
        [{ requestId: "k", lines: [{ dealId, quantity: 2n ** 63n - 1n }] }, "INVALID_INPUT", "lines[0].quantity"],
        [{ requestId: "k", lines: [{ dealId: "x", quantity: 1n }] }, "INVALID_INPUT", "lines[0].deal_id"],
        [{ requestId: "k", lines: [line, { dealId, quantity: 0n }] }, "INVALID_INPUT", "lines[1].quantity"],
        [{ requestId: "k", lines: [{ dealId, quantity: -1n }] }, "INVALID_INPUT", "lines[0].quantity"],
        [{ requestId: "k", lines: [{ dealId, quantity: 2n ** 31n }] }, "INVALID_INPUT", "lines[0].quantity"],
        [{ requestId: "a b", lines: [line] }, "INVALID_INPUT", "request_id"],
        [{ requestId: "k".repeat(129), lines: [line] }, "INVALID_INPUT", "request_id"],
        [{ lines: [line] }, "REQUEST_ID_REQUIRED", "request_id"],
      ];
      for (const [request, reason, field] of bad) {
        const error = await failure(bed.orders.createOrder(request, user));
        expect([reasonOf(error), violationsOf(error)[0]?.field]).toEqual([reason, field]);
      }
      expect(await countRows(database, "orders", "user_id", user.userId)).toBe(0);
      expect(bed.inventory.deals.get(dealId)?.available).toBe(10n);
      expect(reasonOf(await failure(bed.orders.createOrder(oneOf(dealId))))).toBe("TOKEN_MISSING");
      expect(reasonOf(await failure(createClient(OrderService, bed.anonymous).createOrder(oneOf(dealId))))).toBe("TOKEN_MISSING");
    });
  });

  describe("BatchCreateOrders", () => {
    test("batch - each entry succeeds or fails by itself, in order, with one call to the inventory", async () => {
      const deal = bed.addDeal({ available: 3n });
      const [ann, bob] = [v4(), v4()];
      const entry = (userId: string, requestId: string, quantity: bigint) =>
        create(BatchCreateOrdersEntrySchema, { userId, request: { requestId, lines: [{ dealId: deal.dealId, quantity }] } });
      const calls = bed.inventory.reserveCalls;
      const { results } = await bed.orders.batchCreateOrders({
        entries: [
          entry(ann, "1", 1n),
          entry(bob, "1", 0n),
          entry(bob, "2", 5n),
          entry(bob, "3", 2n),
          entry(ann, "1", 1n),
          entry(ann, "", 1n),
          create(BatchCreateOrdersEntrySchema, { userId: ann }),
        ],
      });
      expect(bed.inventory.reserveCalls - calls).toBe(1);
      const shown = results.map(({ outcome }) => {
        if (outcome.case === "response") return outcome.value.order?.userId;
        return outcome.case && anyUnpack(outcome.value.details[0] ?? ({} as never), ErrorInfoSchema)?.reason;
      });
      expect(shown).toEqual([ann, "INVALID_INPUT", "SOLD_OUT", bob, "REQUEST_IN_PROGRESS", "REQUEST_ID_REQUIRED", "INVALID_INPUT"]);
      const again = await bed.orders.batchCreateOrders({ entries: [entry(ann, "1", 1n)] });
      expect(again.results[0]).toEqual(results[0]);
      const own = await bed.orders.createOrder({ requestId: "1", lines: [{ dealId: deal.dealId, quantity: 1n }] }, as("customer", ann));
      expect(results[0]?.outcome.value).toEqual(own);
    });

    test("batch - an order that the database refuses does not fail its neighbours", async () => {
      const [good, poisoned] = [bed.addDeal(), bed.addDeal({ currencyCode: "K\0W" })];
      const entries = [good, poisoned, good, good].map(({ dealId }) =>
        create(BatchCreateOrdersEntrySchema, { userId: v4(), request: { requestId: "1", lines: [{ dealId, quantity: 1n }] } }),
      );
      const { results } = await bed.orders.batchCreateOrders({ entries });
      expect(results.map(({ outcome }) => outcome.case)).toEqual(["response", "error", "response", "response"]);
    });

    test("batch - is for services only", async () => {
      const request = { entries: [create(BatchCreateOrdersEntrySchema, { userId: v4() })] };
      const plain = await failure(createClient(OrderService, bed.anonymous).batchCreateOrders(request));
      expect(reasonOf(plain)).toBe("TOKEN_MISSING");
    });
  });

  describe("ResolveReservations", () => {
    test("resolve - names the order, or closes the id for ever", async () => {
      const { dealId } = bed.addDeal();
      const user = as();
      const { order } = await bed.orders.createOrder(oneOf(dealId), user);
      const orphan = v4();
      const ask = async () => (await bed.orders.resolveReservations({ reservationIds: [orphan, order?.reservationId.toUpperCase() ?? "", orphan] })).resolutions;
      const first = await ask();
      expect(first.map(({ orderId, orderState }) => [orderId, orderState])).toEqual([
        ["", OrderState.UNSPECIFIED],
        [order?.orderId, OrderState.PENDING_PAYMENT],
        ["", OrderState.UNSPECIFIED],
      ]);
      expect(await ask()).toEqual(first);
    });

    test("resolve - races with CreateOrder: either the order stands, or it never comes", async () => {
      for (let round = 0; round < 20; round++) {
        const { dealId } = bed.addDeal();
        const user = as();
        let closing: Promise<string | undefined> = Promise.resolve(undefined);
        const request = oneOf(dealId);
        bed.inventory.faults.push("answer-lost");
        await failure(bed.orders.createOrder(request, user));
        const reservationId = [...bed.inventory.holds.keys()].at(-1) ?? "";
        const creating = bed.orders.createOrder(request, user).then(({ order }) => order?.orderId, (error: unknown) => reasonOf(error));
        closing = bed.orders.resolveReservations({ reservationIds: [reservationId] }).then(({ resolutions }) => resolutions[0]?.orderId);
        const [created, resolved] = await Promise.all([creating, closing]);
        expect(created).toBe(resolved === "" ? "WRONG_STATE" : resolved);
        expect(await countRows(database, "orders", "user_id", user.userId)).toBe(resolved === "" ? 0 : 1);
      }
    });
  });

  test("idempotency - a key meets its own order: for 24 h as it was new, then as it is", async () => {
    const clocked = await createTestBed({ database, inventory: bed.inventory });
    const { dealId } = bed.addDeal();
    const user = as();
    const request = oneOf(dealId);
    const first = await clocked.orders.createOrder(request, user);
    clocked.clock.advance(24 * 3_600_000 - 60_000);
    await clocked.sweep("expiry");
    expect(await clocked.orders.createOrder(request, user)).toEqual(first);
    clocked.clock.advance(60_001);
    const later = await clocked.orders.createOrder(request, user);
    expect(later.order).toMatchObject({ orderId: first.order?.orderId, state: OrderState.EXPIRED });
    const lines = [{ dealId, quantity: 2n }];
    expect(reasonOf(await failure(clocked.orders.createOrder({ ...request, lines }, user)))).toBe("REQUEST_ID_REUSED");
    await clocked.close();
  });
});
