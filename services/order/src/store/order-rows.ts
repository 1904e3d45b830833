import type { Queryable } from "@flashdeal/runtime/database";
import type { NewOrder } from "../domain/ports.ts";
import type { Order, OrderChange, OrderEvent, OrderLine } from "../domain/order.ts";
import { orderEventRow } from "../message/order-event.ts";
import {
  insertOrderLines,
  insertOrders,
  listOrderLines,
  notifyOrdersChanged,
  updateOrders,
  type ListOrderLinesRow,
  type ListOrdersByIdRow,
} from "./gen/orders.sql.ts";
import { insertOutbox, notifyOutbox } from "./gen/outbox.sql.ts";

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

/** Inserts orders and their lines. */
export async function insertNewOrders(db: Queryable, created: readonly NewOrder[]): Promise<void> {
  const orders = created.map(({ order }) => order);
  await insertOrders(db, {
    orderIds: orders.map(({ orderId }) => orderId),
    userIds: orders.map(({ userId }) => userId),
    reservationIds: orders.map(({ reservationId }) => reservationId),
    totalCurrencies: orders.map(({ total }) => total.currencyCode),
    totalUnits: orders.map(({ total }) => total.units),
    totalNanos: orders.map(({ total }) => total.nanos),
    expireTimes: orders.map(({ expireTime }) => expireTime),
    createTimes: orders.map(({ createTime }) => createTime),
  });
  const lines = orders.flatMap((order) => order.lines.map((line, index) => ({ ...line, orderId: order.orderId, lineNumber: index + 1 })));
  await insertOrderLines(db, {
    orderIds: lines.map(({ orderId }) => orderId),
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
  });
}

/** Moves orders on, each only if it is still as it was read. Answers those that were. */
export async function applyChanges(db: Queryable, changes: readonly OrderChange[]): Promise<ReadonlySet<string>> {
  const rows = await updateOrders(db, {
    orderIds: changes.map(({ from }) => from.orderId),
    versions: changes.map(({ from }) => from.version),
    fromStates: changes.map(({ from }) => from.state),
    states: changes.map(({ to }) => to.state),
    paymentStates: changes.map(({ to }) => to.paymentState),
    paymentIds: changes.map(({ to }) => to.paymentId),
    cancelReasons: changes.map(({ to }) => to.cancelReason),
    updateTimes: changes.map(({ to }) => to.updateTime),
  });
  return new Set(rows.map(({ orderId }) => orderId));
}

/** Puts events into the outbox and wakes the relay. */
export async function tell(db: Queryable, happenings: readonly { readonly event: OrderEvent; readonly order: Order }[]): Promise<void> {
  if (happenings.length === 0) return;
  const rows = happenings.map(({ event, order }) => orderEventRow(event, order));
  await insertOutbox(db, {
    eventIds: rows.map(({ eventId }) => eventId),
    subjects: rows.map(({ subject }) => subject),
    aggregateKeys: rows.map(({ aggregateKey }) => aggregateKey),
    payloads: rows.map(({ payload }) => payload),
    headers: rows.map(({ headers }) => JSON.stringify(headers)),
  });
  await notifyOutbox(db);
}

/** NOTIFY takes less than 8,000 bytes; an id and its comma take 37. */
const maxIdsPerNotification = 200;

/** Wakes those who watch these orders in other processes, when the transaction commits. */
export async function notifyWatchers(db: Queryable, orderIds: readonly string[]): Promise<void> {
  for (let start = 0; start < orderIds.length; start += maxIdsPerNotification) {
    await notifyOrdersChanged(db, { payload: orderIds.slice(start, start + maxIdsPerNotification).join(",") });
  }
}
