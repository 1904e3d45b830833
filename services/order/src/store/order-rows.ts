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

/** The lines of a batch: in a rush all are of a few deals, whose terms travel once. */
function lineColumns(orders: readonly Order[]) {
  const lines = orders.flatMap(({ orderId, lines }) => lines.map((line, index) => ({ orderId, lineNumber: index + 1, line })));
  const terms: OrderLine[] = [];
  const placeOf = new Map<string, number>();
  const lineTerms = lines.map(({ line }) => {
    const known = placeOf.get(line.dealId);
    if (known !== undefined && sameTerms(line, terms[known - 1])) return known;
    const place = terms.push(line);
    placeOf.set(line.dealId, place);
    return place;
  });
  return {
    lineOrderIds: lines.map(({ orderId }) => orderId),
    lineNumbers: lines.map(({ lineNumber }) => lineNumber),
    quantities: lines.map(({ line }) => line.quantity),
    lineTerms,
    dealIds: terms.map(({ dealId }) => dealId),
    productIds: terms.map(({ productId }) => productId),
    vendorItemIds: terms.map(({ vendorItemId }) => vendorItemId),
    fulfillmentCenterIds: terms.map(({ fulfillmentCenterId }) => fulfillmentCenterId),
    titles: terms.map(({ title }) => title),
    priceCurrencies: terms.map(({ unitPrice }) => unitPrice.currencyCode),
    priceUnits: terms.map(({ unitPrice }) => unitPrice.units),
    priceNanos: terms.map(({ unitPrice }) => unitPrice.nanos),
  };
}

function sameTerms(a: OrderLine, b: OrderLine | undefined): boolean {
  return (
    b !== undefined &&
    a.productId === b.productId &&
    a.vendorItemId === b.vendorItemId &&
    a.fulfillmentCenterId === b.fulfillmentCenterId &&
    a.title === b.title &&
    a.unitPrice.currencyCode === b.unitPrice.currencyCode &&
    a.unitPrice.units === b.unitPrice.units &&
    a.unitPrice.nanos === b.unitPrice.nanos
  );
}

/** NOTIFY takes less than 8,000 bytes; an id and its comma take 37. */
const maxIdsPerNotification = 200;

/** Wakes those who watch these orders in other processes, when the transaction commits. */
export async function notifyWatchers(db: Queryable, orderIds: readonly string[]): Promise<void> {
  for (let start = 0; start < orderIds.length; start += maxIdsPerNotification) {
    await notifyOrdersChanged(db, { payload: orderIds.slice(start, start + maxIdsPerNotification).join(",") });
  }
}
