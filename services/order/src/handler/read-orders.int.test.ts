import type { DescEnum } from "@bufbuild/protobuf";
import { OrderState, OrderStateSchema, PaymentState, PaymentStateSchema, type ListOrdersRequest } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ShipmentStatus } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import type { Database, Statement } from "@flashdeal/runtime/database";
import { reasonMetadataOf, reasonOf, violationsOf } from "@flashdeal/runtime/errors";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { v4 } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { as, createTestBed, eventsOf, failure, type TestBed } from "../testing/test-bed.ts";

describeEachDatabase("read orders", (open) => {
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

  async function newOrder(user: ReturnType<typeof as>, dealId: string, where: TestBed = bed): Promise<string> {
    const { order } = await where.orders.createOrder({ requestId: v4(), lines: [{ dealId, quantity: 1n }] }, user);
    return order?.orderId ?? "";
  }

  async function pages(request: Partial<Pick<ListOrdersRequest, "pageSize" | "state" | "userId" | "dealId">>, user: ReturnType<typeof as>, between = async () => {}) {
    const ids: string[] = [];
    let pageToken = "";
    do {
      const page = await bed.orders.listOrders({ ...request, pageToken }, user);
      ids.push(...page.orders.map(({ orderId }) => orderId));
      pageToken = page.nextPageToken;
      await between();
    } while (pageToken !== "");
    return ids;
  }

  async function paidOrder() {
    const user = as();
    const orderId = await newOrder(user, bed.addDeal().dealId);
    await bed.orders.payOrder({ orderId, paymentToken: "sandbox-ok", requestId: "p" }, user);
    return { user, orderId };
  }

  describe("GetOrder", () => {
    test("get - owners, admins and services see it; to others it does not exist", async () => {
      const user = as();
      const orderId = await newOrder(user, bed.addDeal().dealId);
      for (const caller of [user, as("admin"), undefined]) expect((await bed.orders.getOrder({ orderId }, caller)).order?.orderId).toBe(orderId);
      expect((await bed.orders.getOrder({ orderId: orderId.toUpperCase() }, user)).order?.orderId).toBe(orderId);
      const [stranger, unknown] = [await failure(bed.orders.getOrder({ orderId }, as())), await failure(bed.orders.getOrder({ orderId: v4() }, user))];
      expect([reasonOf(stranger), reasonOf(unknown)]).toEqual(["ORDER_NOT_FOUND", "ORDER_NOT_FOUND"]);
      expect(String(stranger)).toBe(String(unknown));
      expect(violationsOf(await failure(bed.orders.getOrder({ orderId: "' OR 1=1" }, user)))[0]?.field).toBe("order_id");
    });
  });

  describe("ListOrders", () => {
    test("list - pages are stable while orders come and go, the newest first", async () => {
      const user = as();
      const { dealId } = bed.addDeal({ available: 1_000n });
      const ids: string[] = [];
      for (let index = 0; index < 25; index++) ids.push(await newOrder(user, dealId));
      const listed = await pages({ pageSize: 4 }, user, async () => void (await newOrder(user, dealId)));
      expect(listed).toEqual(ids.toReversed());
    });

    test("list - filters by state, deal and user", async () => {
      const [ann, bob] = [as(), as()];
      const [a, b] = [bed.addDeal().dealId, bed.addDeal().dealId];
      const [annA, annB, bobA] = [await newOrder(ann, a), await newOrder(ann, b), await newOrder(bob, a)];
      await bed.orders.cancelOrder({ orderId: annA }, ann);
      expect(await pages({ dealId: a }, ann)).toEqual([annA]);
      expect(await pages({ state: OrderState.CANCELLED }, ann)).toEqual([annA]);
      expect(await pages({ state: OrderState.PENDING_PAYMENT }, ann)).toEqual([annB]);
      expect(await pages({ userId: ann.userId.toUpperCase(), dealId: b }, ann)).toEqual([annB]);
      const admin = as("admin");
      expect(await pages({ dealId: a, pageSize: 1 }, admin)).toEqual([bobA, annA]);
      expect(await pages({ userId: bob.userId }, admin)).toEqual([bobA]);
      expect((await bed.orders.listOrders({ pageSize: 3 }, admin)).orders.map(({ orderId }) => orderId)).toEqual([bobA, annB, annA]);
      expect(await pages({}, as())).toEqual([]);
    });

    test("list - a bundle is found by each of its deals, once, in its place among the others", async () => {
      const user = as();
      const [a = "", b = "", c = ""] = [1, 2, 3].map(() => bed.addDeal({ available: 1_000n }).dealId);
      const bundle = async (...dealIds: string[]) => (await bed.orders.createOrder({ requestId: v4(), lines: dealIds.map((dealId) => ({ dealId, quantity: 1n })) }, user)).order?.orderId ?? "";
      const ids = [await bundle(a), await bundle(b, a, c), await bundle(a, b), await bundle(c), await bundle(c, a), await bundle(b)];
      const [first, second, third, fourth, fifth, sixth] = ids;
      for (const pageSize of [1, 2, 10]) {
        for (const caller of [user, as("admin")]) {
          expect(await pages({ dealId: a, pageSize }, caller)).toEqual([fifth, third, second, first]);
          expect(await pages({ dealId: b, pageSize }, caller)).toEqual([sixth, third, second]);
          expect(await pages({ dealId: c, pageSize }, caller)).toEqual([fifth, fourth, second]);
        }
      }
      for (const orderId of [second, fourth]) await bed.orders.cancelOrder({ orderId: orderId ?? "" }, user);
      for (const caller of [user, as("admin")]) {
        expect(await pages({ dealId: c, state: OrderState.CANCELLED, pageSize: 1 }, caller)).toEqual([fourth, second]);
        expect(await pages({ dealId: c, state: OrderState.PENDING_PAYMENT, pageSize: 1 }, caller)).toEqual([fifth]);
      }
      const { order } = await bed.orders.getOrder({ orderId: second ?? "" }, user);
      expect(order?.lines.map(({ dealId }) => dealId)).toEqual([b, a, c]);
    });

    test("list - reads orders with their lines by one statement, however many", async () => {
      const statements: Statement[] = [];
      const spy: Database = {
        ...database,
        query: (statement, values) => {
          statements.push(statement);
          return database.query(statement, values);
        },
      };
      const own = await createTestBed({ database: spy, inventory: bed.inventory });
      const user = as();
      const { dealId } = bed.addDeal({ available: 1_000n });
      for (let index = 0; index < 30; index++) await newOrder(user, dealId);
      const counts = [];
      for (const pageSize of [1, 30]) {
        statements.length = 0;
        expect((await own.orders.listOrders({ pageSize }, user)).orders).toHaveLength(pageSize);
        counts.push(statements.length);
      }
      expect(counts).toEqual([1, 1]);
      await own.close();
    });

    test("list - strangers' orders, foreign tokens and bad pages are refused", async () => {
      const user = as();
      const { dealId } = bed.addDeal();
      await newOrder(user, dealId);
      await newOrder(user, dealId);
      const { nextPageToken } = await bed.orders.listOrders({ pageSize: 1 }, user);
      const error = await failure(bed.orders.listOrders({ userId: v4() }, user));
      expect([reasonOf(error), reasonMetadataOf(error)]).toEqual(["ROLE_REQUIRED", { required_role: "admin" }]);
      const forged = Buffer.from(JSON.stringify([...(JSON.parse(Buffer.from(nextPageToken, "base64url").toString()) as unknown[]).slice(0, 2), "x"])).toString("base64url");
      const bad: [Partial<Pick<ListOrdersRequest, "pageToken" | "pageSize" | "dealId" | "userId" | "state">>, string][] = [
        [{ pageToken: nextPageToken, dealId }, "PAGE_TOKEN_INVALID"],
        [{ pageToken: "nonsense" }, "PAGE_TOKEN_INVALID"],
        [{ pageToken: forged }, "PAGE_TOKEN_INVALID"],
        [{ pageSize: 1_001 }, "INVALID_INPUT"],
        [{ pageSize: -1 }, "INVALID_INPUT"],
        [{ dealId: "x" }, "INVALID_INPUT"],
        [{ userId: "x" }, "INVALID_INPUT"],
        [{ state: 99 as OrderState }, "INVALID_INPUT"],
      ];
      for (const [request, reason] of bad) expect(reasonOf(await failure(bed.orders.listOrders(request, user)))).toBe(reason);
    });
  });

  describe("WatchOrder", () => {
    test("watch - the order as it is, then each change, to the end, also from another process", async () => {
      const other = await createTestBed({ database, inventory: bed.inventory, config: { watchPollIntervalMs: 60_000 } });
      const user = as();
      const orderId = await newOrder(user, bed.addDeal().dealId);
      const seen: string[] = [];
      for await (const { order } of other.orders.watchOrder({ orderId }, user)) {
        seen.push(`${nameOf(OrderStateSchema, order?.state)} ${nameOf(PaymentStateSchema, order?.paymentState)}`);
        if (seen.length === 1) await bed.orders.payOrder({ orderId, paymentToken: "sandbox-delay-30", requestId: "p" }, user);
        if (order?.state === OrderState.PAID) void bed.orders.cancelOrder({ orderId }, user);
      }
      expect(seen[0]).toBe("PENDING_PAYMENT UNSPECIFIED");
      expect(seen).toContain("PAID CAPTURED");
      expect(seen.at(-1)).toBe("CANCELLED REFUNDED");
      await other.close();
    });

    test("watch - an order that is over is sent once", async () => {
      const user = as();
      const orderId = await newOrder(user, bed.addDeal().dealId);
      await bed.orders.cancelOrder({ orderId }, user);
      const seen = [];
      for await (const { order } of bed.orders.watchOrder({ orderId }, user)) seen.push(order?.state);
      expect(seen).toEqual([OrderState.CANCELLED]);
    });

    test("watch - polls where signals get lost, refuses too many, and frees the place of those who left", async () => {
      const deaf: Database = { ...database, listen: async () => async () => {} };
      const own = await createTestBed({ database: deaf, inventory: bed.inventory, config: { maxWatchers: 1, watchPollIntervalMs: 30 } });
      const user = as();
      const orderId = await newOrder(user, bed.addDeal().dealId);
      const leave = new AbortController();
      const watch = own.orders.watchOrder({ orderId }, { ...user, signal: leave.signal })[Symbol.asyncIterator]();
      await watch.next();
      expect(reasonOf(await failure(takeOne(own, orderId, user)))).toBe("OVERLOADED");
      await bed.orders.payOrder({ orderId, paymentToken: "sandbox-delay-100", requestId: "p" }, user);
      expect((await watch.next()).value?.order?.paymentState).toBe(PaymentState.PENDING);
      leave.abort();
      const readOn = async () => {
        while ((await watch.next()).done !== true);
      };
      await failure(readOn());
      await expect.poll(() => takeOne(own, orderId, user).catch(reasonOf)).toBe(OrderState.PAID);
      await own.close();
    });

    test("watch - a stranger's order does not exist", async () => {
      const orderId = await newOrder(as(), bed.addDeal().dealId);
      expect(reasonOf(await failure(takeOne(bed, orderId, as())))).toBe("ORDER_NOT_FOUND");
    });
  });

  test("orders - an id that is no user's finds nothing and is no fault", async () => {
    const nobody = as("customer", "not-a-uuid");
    expect(reasonOf(await failure(bed.orders.listOrders({}, nobody)))).toBe("TOKEN_INVALID");
    expect(["TOKEN_INVALID", "ORDER_NOT_FOUND"]).toContain(reasonOf(await failure(bed.orders.getOrder({ orderId: v4() }, nobody))));
  });

  describe("ShipmentService", () => {
    const parcel = { carrier: "CJ", trackingNumber: "42" };
    const admin = as("admin");

    test("shipment - ships a paid order, follows the carrier, and delivers it", async () => {
      const { user, orderId } = await paidOrder();
      const request = { shipment: { ...parcel, orderId }, requestId: v4() };
      const { shipment } = await bed.shipments.createShipment(request, admin);
      const shipmentId = shipment?.shipmentId ?? "";
      expect((await bed.shipments.createShipment(request, admin)).shipment).toEqual(shipment);
      expect(reasonOf(await failure(bed.shipments.createShipment({ shipment: request.shipment }, admin)))).toBe("SHIPMENT_EXISTS");
      expect((await bed.orders.getOrder({ orderId }, user)).order?.state).toBe(OrderState.SHIPPED);
      expect(reasonMetadataOf(await failure(bed.orders.cancelOrder({ orderId }, user)))).toEqual({ state: "SHIPPED" });
      const requestId = v4();
      for (const status of [ShipmentStatus.IN_TRANSIT, ShipmentStatus.OUT_FOR_DELIVERY, ShipmentStatus.DELIVERED]) {
        const update = { shipmentId, update: { status, location: "Incheon" }, requestId: `${requestId}-${status}` };
        const first = await bed.shipments.addShipmentUpdate(update, admin);
        expect(await bed.shipments.addShipmentUpdate(update, admin)).toEqual(first);
      }
      expect((await bed.shipments.getShipment({ shipmentId }, user)).shipment?.status).toBe(ShipmentStatus.DELIVERED);
      expect((await bed.orders.getOrder({ orderId }, user)).order?.state).toBe(OrderState.DELIVERED);
      expect(await eventsOf(database, orderId)).toEqual(["OrderCreated", "OrderPaid", "OrderShipped", "OrderDelivered"]);
      const page = await bed.shipments.listShipmentUpdates({ shipmentId, pageSize: 2 }, user);
      expect(page.updates.map(({ status }) => status)).toEqual([ShipmentStatus.DELIVERED, ShipmentStatus.OUT_FOR_DELIVERY]);
      const rest = await bed.shipments.listShipmentUpdates({ shipmentId, pageSize: 2, pageToken: page.nextPageToken }, user);
      expect([rest.updates.map(({ status }) => status), rest.nextPageToken]).toEqual([[ShipmentStatus.IN_TRANSIT], ""]);
    });

    test("shipment - the last nanosecond that a time can name is cut to its millisecond", async () => {
      const { orderId } = await paidOrder();
      const { shipment } = await bed.shipments.createShipment({ shipment: { ...parcel, orderId } }, admin);
      const lastTime = { seconds: 253_402_300_799n, nanos: 999_999_999 };
      const request = { shipmentId: shipment?.shipmentId ?? "", update: { status: ShipmentStatus.IN_TRANSIT, eventTime: lastTime } };
      const { update } = await bed.shipments.addShipmentUpdate(request, admin);
      expect(update?.eventTime).toMatchObject({ seconds: lastTime.seconds, nanos: 999_000_000 });
    });

    test("shipment - one per order, however many ask at once", async () => {
      const { orderId } = await paidOrder();
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => bed.shipments.createShipment({ shipment: { ...parcel, orderId } }, admin)));
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(results.flatMap((result) => (result.status === "rejected" ? [reasonOf(result.reason)] : []))).toEqual(Array.from({ length: 4 }, () => "SHIPMENT_EXISTS"));
    });

    test("shipment - wrong state, strangers, wrong role and bad input are refused", async () => {
      const { user, orderId } = await paidOrder();
      const unpaid = await newOrder(user, bed.addDeal().dealId);
      const { shipment } = await bed.shipments.createShipment({ shipment: { ...parcel, orderId } }, admin);
      const shipmentId = shipment?.shipmentId ?? "";
      const status = ShipmentStatus.IN_TRANSIT;
      const reasons = await Promise.all(
        [
          bed.shipments.createShipment({ shipment: { ...parcel, orderId: unpaid } }, admin),
          bed.shipments.createShipment({ shipment: { ...parcel, orderId: v4() } }, admin),
          bed.shipments.createShipment({ shipment: { ...parcel, orderId } }, user),
          bed.shipments.getShipment({ shipmentId }, as()),
          bed.shipments.listShipmentUpdates({ shipmentId }, as()),
          bed.shipments.addShipmentUpdate({ shipmentId: v4(), update: { status } }, admin),
          bed.shipments.addShipmentUpdate({ shipmentId, update: { status } }, user),
        ].map(async (call) => reasonOf(await failure(call))),
      );
      expect(reasons).toEqual(["WRONG_STATE", "ORDER_NOT_FOUND", "ROLE_REQUIRED", "SHIPMENT_NOT_FOUND", "SHIPMENT_NOT_FOUND", "SHIPMENT_NOT_FOUND", "ROLE_REQUIRED"]);
      const fields = await Promise.all(
        [
          bed.shipments.createShipment({}, admin),
          bed.shipments.createShipment({ shipment: parcel }, admin),
          bed.shipments.createShipment({ shipment: { orderId: unpaid, carrier: "C\0J", trackingNumber: "1" } }, admin),
          bed.shipments.createShipment({ shipment: { orderId: unpaid, carrier: "CJ" } }, admin),
          bed.shipments.addShipmentUpdate({ shipmentId, update: {} }, admin),
          bed.shipments.addShipmentUpdate({ shipmentId, update: { status: 99 as ShipmentStatus } }, admin),
          bed.shipments.addShipmentUpdate({ shipmentId, update: { status, eventTime: { seconds: 10n ** 15n, nanos: 0 } } }, admin),
        ].map(async (call) => violationsOf(await failure(call))[0]?.field),
      );
      expect(fields).toEqual([
        "shipment", "shipment.order_id", "shipment.carrier", "shipment.tracking_number", "update.status", "update.status", "update.event_time",
      ]);
    });
  });
});

function nameOf({ value }: DescEnum, number = 0): string | undefined {
  return value[number]?.localName;
}

/** The state in the first message of a watch. */
async function takeOne(bed: TestBed, orderId: string, user: ReturnType<typeof as>): Promise<OrderState | undefined> {
  const leave = new AbortController();
  try {
    for await (const { order } of bed.orders.watchOrder({ orderId }, { ...user, signal: leave.signal })) return order?.state;
    return undefined;
  } finally {
    leave.abort();
  }
}
