import { arrayText, isUniqueViolation, type Database, type Queryable } from "@flashdeal/runtime/database";
import { OrderCreatedSchema } from "@flashdeal/proto/flashdeal/order/v1/order_events_pb";
import { newId } from "@flashdeal/runtime/ids";
import type { NewOrder } from "../domain/ports.ts";
import type { Order, OrderLine } from "../domain/order.ts";
import { haveSameContent } from "../domain/same-content.ts";
import { encodeMessageOfOrder } from "../message/order-message.ts";
import { insertNewOrders, notifyOrdersChanged, type ListOrdersByIdRow } from "./gen/orders.sql.ts";

/** Between rows and orders. */

/** A row as the domain's order. */
export function orderOf(row: ListOrdersByIdRow): Order {
  const { totalCurrency, totalUnits, totalNanos, paymentId, dealIds, productIds, vendorItemIds, fulfillmentCenterIds, titles, quantities, priceUnits, priceNanos, ...rest } = row;
  const lines = dealIds.map((dealId, index): OrderLine => ({
    dealId,
    productId: at(productIds, index),
    vendorItemId: at(vendorItemIds, index),
    fulfillmentCenterId: at(fulfillmentCenterIds, index),
    title: at(titles, index),
    quantity: at(quantities, index),
    unitPrice: { currencyCode: totalCurrency, units: at(priceUnits, index), nanos: at(priceNanos, index) },
  }));
  return { ...rest, paymentId: paymentId ?? "", lines, total: { currencyCode: totalCurrency, units: totalUnits, nanos: totalNanos } };
}

/** All columns of the lines are of one length. */
function at<T>(column: readonly T[], index: number): T {
  const value = column[index];
  if (value === undefined) throw new Error(`an order has no line ${index + 1} in all of its columns`);
  return value;
}

/**
 * Stores new orders with their claims, lines and events, with one statement, which commits by itself: a BEGIN and a COMMIT would be a
 * second round trip. Answers the ids of those whose reservation had no claim yet; of the others nothing is stored. Claims are looked out for
 * where a hold was there before; should there be one elsewhere, the statement fails and is sent again.
 */
export async function insertOrders(database: Database, created: readonly NewOrder[], now: Date): Promise<readonly string[]> {
  const orders = created.map(({ order }) => order);
  const claimsMayExist = created.some(({ isRepeat }) => isRepeat);
  const rows = {
    createTime: now,
    orderIds: orders.map(({ orderId }) => orderId),
    reservationIds: orders.map(({ reservationId }) => reservationId),
    userIds: orders.map(({ userId }) => userId),
    ...contentColumns(orders),
    eventIds: orders.map(() => newId()),
    subject: OrderCreatedSchema.typeName,
    payloads: orders.map(encodeMessageOfOrder),
    traceparents: created.map(({ traceparent }) => traceparent ?? ""),
  };
  const result = await insertNewOrders(database, { ...rows, claimsMayExist }).catch((error: unknown) => {
    if (claimsMayExist || !isUniqueViolation(error, "reservation_claims_pkey")) throw error;
    return insertNewOrders(database, { ...rows, claimsMayExist: true });
  });
  return result?.stored ?? [];
}

/** What orders are of: in a rush all are of a few deals, so each content travels once, and orders name its place from 1. */
function contentColumns(orders: readonly Order[]) {
  const known = new Map<string, { readonly order: Order; readonly place: number }>();
  const distinct: Order[] = [];
  const contents = orders.map((order) => {
    const key = order.lines.reduce((text, { dealId, quantity }) => `${text} ${dealId} ${quantity}`, String(order.expireTime.getTime()));
    const content = known.get(key);
    if (content !== undefined && haveSameContent(order, content.order)) return content.place;
    const place = distinct.push(order);
    known.set(key, { order, place });
    return place;
  });
  const column = (valueOf: (line: OrderLine) => unknown) => distinct.map(({ lines }) => arrayText(lines.map(valueOf)));
  return {
    contents,
    contentDealIds: column(({ dealId }) => dealId),
    contentProductIds: column(({ productId }) => productId),
    contentVendorItemIds: column(({ vendorItemId }) => vendorItemId),
    contentFulfillmentCenterIds: column(({ fulfillmentCenterId }) => fulfillmentCenterId),
    contentTitles: column(({ title }) => title),
    contentQuantities: column(({ quantity }) => quantity),
    contentPriceUnits: column(({ unitPrice }) => unitPrice.units),
    contentPriceNanos: column(({ unitPrice }) => unitPrice.nanos),
    contentTotalCurrencies: distinct.map(({ total }) => total.currencyCode),
    contentTotalUnits: distinct.map(({ total }) => total.units),
    contentTotalNanos: distinct.map(({ total }) => total.nanos),
    contentExpireTimes: distinct.map(({ expireTime }) => expireTime),
    contentCreateTimes: distinct.map(({ createTime }) => createTime),
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
