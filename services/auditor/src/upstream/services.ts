import { timestampDate } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { OrderService, OrderState as WireOrderState, type Order as OrderMessage } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { InventoryService, ReservationState as WireReservationState, type Reservation as ReservationMessage } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { reasonOf } from "@flashdeal/runtime/errors";
import { stockSubject } from "../domain/finding.ts";
import type { Book, Order, OrderState, Page, Reservation, ReservationState, Services } from "../domain/ports.ts";

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
      const items = books.flatMap(({ stock, onHandSum, reservedSum, held }): Book[] => {
        if (stock === undefined) return [];
        const { fulfillmentCenterId, onHand, reserved, version } = stock;
        return [{ vendorItemId: stock.vendorItemId, fulfillmentCenterId, onHand, reserved, version, onHandSum, reservedSum, held }];
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
    async getOrdersOfReservations(reservationIds, signal) {
      const { reservations } = await orders.batchGetReservationOrders({ reservationIds: [...reservationIds] }, { signal, timeoutMs });
      return new Map(reservations.map(({ reservationId, order }) => [reservationId, order && orderOf(order)]));
    },
    async listOrders(pageToken, signal) {
      const page = await orders.listOrders({ pageToken, pageSize }, { signal, timeoutMs });
      return pageOf(page.orders.map(orderOf), page.nextPageToken);
    },
    async getReadStocks(keys, signal) {
      const wanted = keys.map(({ vendorItemId, fulfillmentCenterId }) => ({ vendorItemId, fulfillmentCenterId }));
      const answer = await stocks.batchGetStocks({ keys: wanted }, { signal, timeoutMs });
      return new Map(answer.stocks.map((stock) => [stockSubject(stock), stock]));
    },
    async reconcileStock({ vendorItemId, fulfillmentCenterId }, reason) {
      try {
        await inventory.reconcileStock({ vendorItemId, fulfillmentCenterId, reason }, { timeoutMs });
        return undefined;
      } catch (error) {
        if (reasonOf(error) !== "REPAIR_UNSAFE") throw error;
        return ConnectError.from(error).rawMessage.replace(/^Not repaired: /, "").replace(/\.$/, "");
      }
    },
    async closeReservation(reservationId) {
      const { resolutions } = await orders.resolveReservations({ reservationIds: [reservationId] }, { timeoutMs });
      return resolutions[0]?.orderId || undefined;
    },
    async release(reservationId) {
      thrown((await inventory.releaseStock({ entries: [{ reservationId }] }, { timeoutMs })).results[0]?.outcome);
    },
    async commit(reservationId, orderId) {
      thrown((await inventory.commitStock({ entries: [{ reservationId, orderId }] }, { timeoutMs })).results[0]?.outcome);
    },
  };
}

/** Throws where the entry was not resolved: it went another way meanwhile, and the next audit looks at that. */
function thrown(outcome: { readonly case: string | undefined; readonly value?: unknown } | undefined): void {
  if (outcome?.case !== "reservation") throw new Error("the inventory did not resolve the reservation");
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
