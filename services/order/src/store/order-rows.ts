import type { Database, Queryable } from "@flashdeal/runtime/database";
import { OrderCreatedSchema } from "@flashdeal/proto/flashdeal/order/v1/order_events_pb";
import { newId } from "@flashdeal/runtime/ids";
import type { NewOrder } from "../domain/ports.ts";
import type { Order, OrderLine } from "../domain/order.ts";
import { encodeMessageOfOrder } from "../message/order-message.ts";
import { insertNewOrders, listOrderLines, notifyOrdersChanged, type ListOrderLinesRow, type ListOrdersByIdRow } from "./gen/orders.sql.ts";

/** Between rows and orders. */

/** Completes order rows by their lines, with one query for all of them. Keeps the rows' order. */
export async function withLines(db: Queryable, rows: readonly ListOrdersByIdRow[]): Promise<Order[]> {
  if (rows.length === 0) return [];
  const lines = new Map<string, OrderLine[]>(rows.map(({ orderId }) => [orderId, []]));
  for (const row of await listOrderLines(db, { orderIds: [...lines.keys()] })) lines.get(row.orderId)?.push(lineOf(row));
  return rows.map((row) => orderOf(row, lines.get(row.orderId) ?? []));
}

function orderOf(row: ListOrdersByIdRow, lines: readonly OrderLine[]): Order {
  const { totalCurrency, totalUnits, totalNanos, paymentId, ...rest } = row;
  return { ...rest, paymentId: paymentId ?? "", lines, total: { currencyCode: totalCurrency, units: totalUnits, nanos: totalNanos } };
}

function lineOf(row: ListOrderLinesRow): OrderLine {
  const { orderId: _orderId, lineNumber: _lineNumber, priceCurrency, priceUnits, priceNanos, ...rest } = row;
  return { ...rest, unitPrice: { currencyCode: priceCurrency, units: priceUnits, nanos: priceNanos } };
}

/**
 * Stores new orders with their claims, lines and events, with one statement, which commits by itself: a BEGIN and a COMMIT would be a
 * second round trip. Answers the ids of those whose reservation had no claim yet; of the others nothing is stored.
 */
export async function insertOrders(database: Database, created: readonly NewOrder[], now: Date): Promise<readonly string[]> {
  const orders = created.map(({ order }) => order);
  const result = await insertNewOrders(database, {
    createTime: now,
    orderIds: orders.map(({ orderId }) => orderId),
    reservationIds: orders.map(({ reservationId }) => reservationId),
    userIds: orders.map(({ userId }) => userId),
    totalCurrencies: orders.map(({ total }) => total.currencyCode),
    totalUnits: orders.map(({ total }) => total.units),
    totalNanos: orders.map(({ total }) => total.nanos),
    expireTimes: orders.map(({ expireTime }) => expireTime),
    createTimes: orders.map(({ createTime }) => createTime),
    ...lineColumns(orders),
    eventIds: orders.map(() => newId()),
    subject: OrderCreatedSchema.typeName,
    payloads: orders.map(encodeMessageOfOrder),
    traceparents: created.map(({ traceparent }) => traceparent ?? ""),
  });
  return result?.stored ?? [];
}

function lineColumns(orders: readonly Order[]) {
  const lines = orders.flatMap((order) => order.lines.map((line, index) => ({ ...line, orderId: order.orderId, lineNumber: index + 1 })));
  return {
    lineOrderIds: lines.map(({ orderId }) => orderId),
    lineNumbers: lines.map(({ lineNumber }) => lineNumber),
    dealIds: lines.map(({ dealId }) => dealId),
    productIds: lines.map(({ productId }) => productId),
    vendorItemIds: lines.map(({ vendorItemId }) => vendorItemId),
    fulfillmentCenterIds: lines.map(({ fulfillmentCenterId }) => fulfillmentCenterId),
    titles: lines.map(({ title }) => title),
    quantities: lines.map(({ quantity }) => quantity),
    priceCurrencies: lines.map(({ unitPrice }) => unitPrice.currencyCode),
    priceUnits: lines.map(({ unitPrice }) => unitPrice.units),
    priceNanos: lines.map(({ unitPrice }) => unitPrice.nanos),
  };
}

/** NOTIFY takes less than 8,000 bytes; an id and its comma take 37. */
const maxIdsPerNotification = 200;

/** Wakes those who watch these orders in other processes, when the transaction commits. */
export async function notifyWatchers(db: Queryable, orderIds: readonly string[]): Promise<void> {
  for (let start = 0; start < orderIds.length; start += maxIdsPerNotification) {
    await notifyOrdersChanged(db, { payload: orderIds.slice(start, start + maxIdsPerNotification).join(",") });
  }
}
