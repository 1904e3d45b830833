import { timestampDate } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient, type Client, type Transport } from "@connectrpc/connect";
import { OrderService, OrderState as WireOrderState, type Order as OrderMessage } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { InventoryService, ReservationState as WireReservationState, type Reservation as ReservationMessage, type ResolveReservationResult } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { ErrorReason, reasonError, reasonOf } from "@flashdeal/runtime/errors";
import { stockSubject } from "../domain/finding.ts";
import type { Book, Claim, Order, OrderState, Page, Repairs, Reservation, ReservationState, Services } from "../domain/ports.ts";

/** How the services are asked. */
export interface ServicesOptions {
  readonly connect: (name: "product" | "order" | "stock-query") => Transport;
  /** Longest wait for one answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Entries per page and batch, 1 to 1,000. */
  readonly pageSize: number;
}

const reservationStates: ReadonlyMap<WireReservationState, ReservationState> = new Map([
  [WireReservationState.HELD, "HELD"],
  [WireReservationState.COMMITTED, "COMMITTED"],
  [WireReservationState.RELEASED, "RELEASED"],
  [WireReservationState.EXPIRED, "EXPIRED"],
  [WireReservationState.RETURNED, "RETURNED"],
]);

const orderStates: ReadonlyMap<WireOrderState, OrderState> = new Map([
  [WireOrderState.PENDING_PAYMENT, "PENDING_PAYMENT"],
  [WireOrderState.PAID, "PAID"],
  [WireOrderState.SHIPPED, "SHIPPED"],
  [WireOrderState.DELIVERED, "DELIVERED"],
  [WireOrderState.CANCELLED, "CANCELLED"],
  [WireOrderState.EXPIRED, "EXPIRED"],
]);

/** The services through their rpcs, and through nothing else. */
export function createServices({ connect, timeoutMs, pageSize }: ServicesOptions): Services {
  const inventory = createClient(InventoryService, connect("product"));
  const orders = createClient(OrderService, connect("order"));
  const stocks = createClient(StockQueryService, connect("stock-query"));
  return {
    async listBooks(vendorItemId, pageToken, signal) {
      const { books, nextPageToken } = await inventory.listStockBooks({ vendorItemId, pageToken, pageSize }, { signal, timeoutMs });
      const items = books.flatMap(({ stock, ...sums }): Book[] => {
        if (stock === undefined) return [];
        const { fulfillmentCenterId, onHand, reserved, version } = stock;
        const { onHandSum, reservedSum, held, soldSum, sold } = sums;
        return [{ vendorItemId: stock.vendorItemId, fulfillmentCenterId, onHand, reserved, version, onHandSum, reservedSum, held, soldSum, sold }];
      });
      return pageOf(items, nextPageToken);
    },
    async listReservations(vendorItemId, pageToken, signal) {
      const { reservations, nextPageToken } = await inventory.listReservations({ vendorItemId, pageToken, pageSize }, { signal, timeoutMs });
      return pageOf(reservations.map(reservationOf), nextPageToken);
    },
    async getReservations(reservationIds, signal) {
      const { reservations } = await inventory.batchGetReservations({ reservationIds: [...reservationIds] }, { signal, timeoutMs });
      return new Map(reservations.map((reservation) => [reservation.reservationId, reservationOf(reservation)]));
    },
    async getClaims(reservationIds, signal) {
      const { reservations } = await orders.batchGetReservationOrders({ reservationIds: [...reservationIds] }, { signal, timeoutMs });
      return new Map(reservations.map(({ reservationId, order }): [string, Claim] => [reservationId, { order: order && orderOf(order) }]));
    },
    async listOrders(pageToken, signal) {
      const page = await orders.listOrders({ pageToken, pageSize }, { signal, timeoutMs });
      return pageOf(page.orders.map(orderOf), page.nextPageToken);
    },
    async getOrder(orderId, signal) {
      try {
        const { order } = await orders.getOrder({ orderId }, { signal, timeoutMs });
        return order && orderOf(order);
      } catch (error) {
        if (reasonOf(error) === "ORDER_NOT_FOUND") return undefined;
        throw error;
      }
    },
    async listPurchaseMismatches(vendorItemId, pageToken, signal) {
      const page = await inventory.listPurchaseMismatches({ vendorItemId, pageToken, pageSize }, { signal, timeoutMs });
      return pageOf(page.mismatches, page.nextPageToken);
    },
    async getReadStocks(keys, signal) {
      const wanted = keys.map(({ vendorItemId, fulfillmentCenterId }) => ({ vendorItemId, fulfillmentCenterId }));
      const answer = await stocks.batchGetStocks({ keys: wanted }, { signal, timeoutMs });
      return new Map(answer.stocks.map((stock) => [stockSubject(stock), stock]));
    },
    repairs: createRepairs(inventory, orders, timeoutMs),
  };
}

/** Orders of one user that are looked through for the one that goes with a hold: pages of 1,000. */
const maxPagesOfUser = 10;

function createRepairs(inventory: Client<typeof InventoryService>, orders: Client<typeof OrderService>, timeoutMs: number): Repairs {
  const options = { timeoutMs };
  return {
    reconcileStock: ({ vendorItemId, fulfillmentCenterId }, reason) => unlessUnsafe(inventory.reconcileStock({ vendorItemId, fulfillmentCenterId, reason }, options)),
    async republishStock({ vendorItemId, fulfillmentCenterId }, aboveVersion) {
      await inventory.republishStock({ vendorItemId, fulfillmentCenterId, aboveVersion }, options);
    },
    reconcilePurchase: (dealId, userId) => unlessUnsafe(inventory.reconcilePurchase({ dealId, userId }, options)),
    async findOrderOf(userId, reservationId) {
      let pageToken = "";
      for (let pages = 0; pages < maxPagesOfUser; pages++) {
        const page = await orders.listOrders({ userId, pageSize: 1_000, pageToken }, options);
        const order = page.orders.find((candidate) => candidate.reservationId === reservationId);
        if (order !== undefined) return order.orderId;
        if (page.nextPageToken === "") return undefined;
        pageToken = page.nextPageToken;
      }
      throw reasonError(ErrorReason.REPAIR_UNSAFE, "Not repaired: the user has too many orders to tell that none goes with the hold.");
    },
    async closeReservation(reservationId) {
      const { resolutions } = await orders.resolveReservations({ reservationIds: [reservationId] }, options);
      const [resolution] = resolutions;
      if (resolution === undefined) throw new Error("the order service has not said whether the reservation is closed");
      return resolution.orderId || undefined;
    },
    async release(reservationId, orderId, reason) {
      return isResolved((await inventory.releaseStock({ entries: [{ reservationId, orderId, reason }] }, options)).results);
    },
    async commit(reservationId, orderId, reason) {
      return isResolved((await inventory.commitStock({ entries: [{ reservationId, orderId, reason }] }, options)).results);
    },
  };
}

/** What the inventory says against a repair; undefined where it was done. */
async function unlessUnsafe(repair: Promise<unknown>): Promise<string | undefined> {
  try {
    await repair;
    return undefined;
  } catch (error) {
    if (reasonOf(error) !== "REPAIR_UNSAFE") throw error;
    return ConnectError.from(error).rawMessage.replace(/^Not repaired: /, "").replace(/\.$/, "");
  }
}

function isResolved([result]: readonly ResolveReservationResult[]): boolean {
  return result?.outcome.case === "reservation";
}

function pageOf<Item>(items: readonly Item[], nextPageToken: string): Page<Item> {
  return { items, next: nextPageToken || undefined };
}

function reservationOf({ reservationId, userId, state, lines, expireTime }: ReservationMessage): Reservation {
  return {
    reservationId,
    userId,
    state: reservationStates.get(state) ?? "UNKNOWN",
    units: unitsOf(lines),
    expireTime: expireTime === undefined ? new Date(0) : timestampDate(expireTime),
  };
}

function orderOf({ orderId, reservationId, state, lines }: OrderMessage): Order {
  return { orderId, reservationId, state: orderStates.get(state) ?? "UNKNOWN", units: unitsOf(lines) };
}

function unitsOf(lines: readonly { readonly dealId: string; readonly quantity: bigint }[]): ReadonlyMap<string, bigint> {
  const units = new Map<string, bigint>();
  for (const { dealId, quantity } of lines) units.set(dealId, (units.get(dealId) ?? 0n) + quantity);
  return units;
}
