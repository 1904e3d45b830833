import assert from "node:assert/strict";
import { OrderService, OrderState, type Order } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ShipmentService, ShipmentStatus } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { v7 as uuidv7 } from "uuid";
import { CallFailure } from "../caller/outcome.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { failureOffence, ok, present, refused } from "../world/expect.ts";
import { allPages } from "../world/pages.ts";

const { getOrder, listOrders, payOrder, cancelOrder, watchOrder } = OrderService.method;
const shipments = ShipmentService.method;

/** Who sees which order, lists, watches, shipments. */
export const ownOrderCases: readonly ConformanceCase[] = [
  {
    name: "own orders - somebody else's order does not exist; an admin sees it",
    async run({ caller, make, adminToken }) {
      const [owner, stranger] = [await make.newBuyer(), await make.newBuyer()];
      const { orderId } = await make.newOrder(owner, await make.newDeal());
      const { token } = stranger;
      await refused(caller.unary(getOrder, { orderId }, { token }), "ORDER_NOT_FOUND");
      await refused(caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, { token, key: make.unique("key") }), "ORDER_NOT_FOUND");
      await refused(caller.unary(cancelOrder, { orderId }, { token }), "ORDER_NOT_FOUND");
      await assert.rejects(first(caller.stream(watchOrder, { orderId }, { token, signal: AbortSignal.timeout(5_000) })), (error) => {
        assert.ok(error instanceof CallFailure);
        assert.equal(failureOffence(error.failure, "ORDER_NOT_FOUND"), undefined);
        return true;
      });
      const seen = await ok(caller.unary(getOrder, { orderId }, { token: await adminToken() }));
      assert.equal(seen.order?.state, OrderState.PENDING_PAYMENT);
    },
  },
  {
    name: "own orders - a list holds the caller's orders only, the newest first, in pages without gaps or duplicates",
    async run({ caller, make }) {
      const [buyer, other, deal] = [await make.newBuyer(), await make.newBuyer(), await make.newDeal({ units: 50 })];
      const created: string[] = [];
      for (let count = 0; count < 7; count++) created.push((await make.newOrder(buyer, deal)).orderId);
      await make.newOrder(other, deal);
      const listed = await allPages(async (pageToken) => {
        const page = await ok(caller.unary(listOrders, { pageSize: 3, pageToken }, { token: buyer.token }));
        assert.ok(page.orders.length <= 3);
        // A new order in between belongs before the first page.
        if (pageToken === "") await make.newOrder(buyer, deal);
        return { items: page.orders, nextPageToken: page.nextPageToken };
      });
      assert.deepEqual(listed.map(({ orderId }) => orderId), created.toReversed());
      for (const { userId, lines } of listed) assert.deepEqual([userId, lines.length], [buyer.userId, 1]);
    },
  },
  {
    name: "own orders - lists are filtered by state and deal",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const [deal, otherDeal] = [await make.newDeal(), await make.newDeal()];
      const [pending, paid] = [await make.newOrder(buyer, deal), await make.newPaidOrder(buyer, otherDeal)];
      const ids = async (filter: { state?: OrderState; dealId?: string }) =>
        (await ok(caller.unary(listOrders, filter, { token: buyer.token }))).orders.map(({ orderId }) => orderId);
      assert.deepEqual(await ids({ state: OrderState.PENDING_PAYMENT }), [pending.orderId]);
      assert.deepEqual(await ids({ state: OrderState.PAID }), [paid.orderId]);
      assert.deepEqual(await ids({ dealId: otherDeal.dealId }), [paid.orderId]);
      assert.deepEqual(await ids({ dealId: uuidv7() }), []);
    },
  },
  {
    name: "own orders - a customer cannot list somebody else's orders; an admin can",
    async run({ caller, make, adminToken }) {
      const [buyer, other] = [await make.newBuyer(), await make.newBuyer()];
      const { orderId } = await make.newOrder(buyer, await make.newDeal());
      const peek = await caller.unary(listOrders, { userId: buyer.userId }, { token: other.token });
      assert.ok(!peek.ok && ["PERMISSION_DENIED", "INVALID_ARGUMENT"].includes(peek.code), "a stranger's list was answered");
      const seen = await ok(caller.unary(listOrders, { userId: buyer.userId }, { token: await adminToken() }));
      assert.deepEqual(seen.orders.map((order) => order.orderId), [orderId]);
      await ok(caller.unary(listOrders, { userId: buyer.userId }, { token: buyer.token }));
    },
  },
  {
    name: "own orders - a page token is good for its own list only",
    async run({ caller, make }) {
      const [buyer, other, deal] = [await make.newBuyer(), await make.newBuyer(), await make.newDeal()];
      for (let count = 0; count < 2; count++) await make.newOrder(buyer, deal);
      const { token } = buyer;
      const { nextPageToken } = await ok(caller.unary(listOrders, { pageSize: 1 }, { token }));
      assert.notEqual(nextPageToken, "");
      await refused(caller.unary(listOrders, { pageToken: "nonsense" }, { token }), "PAGE_TOKEN_INVALID");
      await refused(caller.unary(listOrders, { pageToken: nextPageToken, dealId: deal.dealId }, { token }), "PAGE_TOKEN_INVALID");
      // In other hands it is refused or of no use: whose orders are listed is never said by the token.
      const foreign = await caller.unary(listOrders, { pageToken: nextPageToken }, { token: other.token });
      assert.deepEqual(foreign.ok ? foreign.value.orders : [], []);
    },
  },
  {
    name: "own orders - a watch sends the order as it is, then each change, and ends with the last",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const { orderId } = await make.newOrder(buyer, await make.newDeal());
      const { token } = buyer;
      const states: OrderState[] = [];
      for await (const { order } of caller.stream(watchOrder, { orderId }, { token, signal: AbortSignal.timeout(20_000) })) {
        const { state } = present(order);
        if (states.at(-1) === state) continue;
        states.push(state);
        if (state === OrderState.PENDING_PAYMENT) await ok(caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, { token, key: make.unique("key") }));
        if (state === OrderState.PAID) await ok(caller.unary(cancelOrder, { orderId }, { token }));
      }
      assert.deepEqual(states, [OrderState.PENDING_PAYMENT, OrderState.PAID, OrderState.CANCELLED]);
    },
  },
  {
    name: "own orders - a shipment takes a paid order to its buyer",
    async run({ caller, make, adminToken }) {
      const [buyer, stranger, deal] = [await make.newBuyer(), await make.newBuyer(), await make.newDeal()];
      const token = await adminToken();
      const { orderId } = await make.newPaidOrder(buyer, deal);
      const request = { shipment: { orderId, carrier: "CJ", trackingNumber: "42" } };
      const shipment = present((await ok(caller.unary(shipments.createShipment, request, { token }))).shipment);
      const { shipmentId } = shipment;
      assert.equal((await orderState(orderId))?.state, OrderState.SHIPPED);
      await refused(caller.unary(shipments.createShipment, request, { token }), "SHIPMENT_EXISTS");
      await refused(caller.unary(cancelOrder, { orderId }, { token: buyer.token }), "WRONG_STATE");
      await refused(caller.unary(shipments.getShipment, { shipmentId }, { token: stranger.token }), "SHIPMENT_NOT_FOUND");
      await refused(caller.unary(shipments.listShipmentUpdates, { shipmentId }, { token: stranger.token }), "SHIPMENT_NOT_FOUND");
      for (const status of [ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED]) {
        await ok(caller.unary(shipments.addShipmentUpdate, { shipmentId, update: { status, location: "Seoul" } }, { token }));
      }
      assert.equal((await orderState(orderId))?.state, OrderState.DELIVERED);
      const seen = await ok(caller.unary(shipments.getShipment, { shipmentId }, { token: buyer.token }));
      assert.equal(seen.shipment?.status, ShipmentStatus.DELIVERED);
      const { updates } = await ok(caller.unary(shipments.listShipmentUpdates, { shipmentId }, { token: buyer.token }));
      assert.deepEqual(updates.slice(0, 2).map(({ status }) => status), [ShipmentStatus.DELIVERED, ShipmentStatus.IN_TRANSIT]);

      async function orderState(id: string): Promise<Order | undefined> {
        return (await ok(caller.unary(getOrder, { orderId: id }, { token: buyer.token }))).order;
      }
    },
  },
  {
    name: "own orders - an order that is not paid has no shipment",
    async run({ caller, make, adminToken }) {
      const { orderId } = await make.newOrder(await make.newBuyer(), await make.newDeal());
      const request = { shipment: { orderId, carrier: "CJ", trackingNumber: "42" } };
      await refused(caller.unary(shipments.createShipment, request, { token: await adminToken() }), "WRONG_STATE");
    },
  },
];

async function first<T>(stream: AsyncIterable<T>): Promise<T | undefined> {
  for await (const message of stream) return message;
  return undefined;
}
