import { create, toBinary } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import { OrderSchema, OrderState as WireState, PaymentState as WirePayment, type Order as OrderMessage } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { MoneySchema, type Money as MoneyMessage } from "@flashdeal/proto/google/type/money_pb";
import type { Money } from "../domain/money.ts";
import type { OrderState, PaymentState } from "../domain/order-state.ts";
import type { Order } from "../domain/order.ts";

/** Orders in the contract's form, for answers, events and kept answers, and back. */

const wireStates: Readonly<Record<OrderState, WireState>> = {
  PENDING_PAYMENT: WireState.PENDING_PAYMENT,
  PAID: WireState.PAID,
  SHIPPED: WireState.SHIPPED,
  DELIVERED: WireState.DELIVERED,
  CANCELLED: WireState.CANCELLED,
  EXPIRED: WireState.EXPIRED,
};

const wirePayments: Readonly<Record<PaymentState, WirePayment>> = {
  NONE: WirePayment.UNSPECIFIED,
  PENDING: WirePayment.PENDING,
  CAPTURED: WirePayment.CAPTURED,
  REFUSED: WirePayment.REFUSED,
  REFUND_PENDING: WirePayment.REFUND_PENDING,
  REFUNDED: WirePayment.REFUNDED,
};

const states = new Map(Object.entries(wireStates).map(([state, wire]) => [wire, state as OrderState]));
const payments = new Map(Object.entries(wirePayments).map(([state, wire]) => [wire, state as PaymentState]));

/** A state as the contract numbers it. */
export function stateToWire(state: OrderState): WireState {
  return wireStates[state];
}

/** A state of the contract; undefined for "not stated". */
export function stateFromWire(state: WireState): OrderState | undefined {
  return states.get(state);
}

const messages = new WeakMap<Order, OrderMessage>();
const encodings = new WeakMap<Order, Uint8Array>();

/** An order in the contract's form. Made once per order, for its answer, its record and its event; nobody may change it. */
export function orderToMessage(order: Order): OrderMessage {
  const known = messages.get(order);
  if (known !== undefined) return known;
  const message = newMessage(order);
  messages.set(order, message);
  return message;
}

/** An order in the contract's binary form. Made once per order. */
export function encodeOrder(order: Order): Uint8Array {
  const known = encodings.get(order);
  if (known !== undefined) return known;
  const bytes = toBinary(OrderSchema, orderToMessage(order));
  encodings.set(order, bytes);
  return bytes;
}

function newMessage(order: Order): OrderMessage {
  return create(OrderSchema, {
    orderId: order.orderId,
    userId: order.userId,
    state: wireStates[order.state],
    lines: order.lines.map(({ unitPrice, ...line }) => ({ ...line, unitPrice: moneyToMessage(unitPrice) })),
    total: moneyToMessage(order.total),
    paymentState: wirePayments[order.paymentState],
    paymentId: order.paymentId,
    reservationId: order.reservationId,
    cancelReason: order.cancelReason,
    expireTime: timestampFromDate(order.expireTime),
    createTime: timestampFromDate(order.createTime),
    updateTime: timestampFromDate(order.updateTime),
  });
}

/** An order that was kept in the contract's form. Its version is not part of that: 0, so that nothing can be changed with it. */
export function orderFromMessage(message: OrderMessage): Order {
  return {
    orderId: message.orderId,
    userId: message.userId,
    state: states.get(message.state) ?? "PENDING_PAYMENT",
    paymentState: payments.get(message.paymentState) ?? "NONE",
    paymentId: message.paymentId,
    reservationId: message.reservationId,
    cancelReason: message.cancelReason,
    lines: message.lines.map(({ dealId, productId, vendorItemId, fulfillmentCenterId, title, quantity, unitPrice }) => {
      return { dealId, productId, vendorItemId, fulfillmentCenterId, title, quantity, unitPrice: moneyFromMessage(unitPrice) };
    }),
    total: moneyFromMessage(message.total),
    expireTime: dateFrom(message.expireTime),
    createTime: dateFrom(message.createTime),
    updateTime: dateFrom(message.updateTime),
    version: 0n,
  };
}

/** An amount in the contract's form. */
export function moneyToMessage({ currencyCode, units, nanos }: Money): MoneyMessage {
  return create(MoneySchema, { currencyCode, units, nanos });
}

/** An amount from the contract's form; nothing is zero of no currency. */
export function moneyFromMessage(message: MoneyMessage | undefined): Money {
  return { currencyCode: message?.currencyCode ?? "", units: message?.units ?? 0n, nanos: message?.nanos ?? 0 };
}

/** A time from the contract's form; nothing is the epoch. */
export function dateFrom(timestamp: Timestamp | undefined): Date {
  return timestamp === undefined ? new Date(0) : timestampDate(timestamp);
}
