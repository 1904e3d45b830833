import { create } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import { OrderSchema, type CreateOrderResponse, type Order as OrderMessage } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { MoneySchema, type Money as MoneyMessage } from "@flashdeal/proto/google/type/money_pb";
import { rememberEncoding } from "@flashdeal/runtime/rpc";
import type { Money } from "../domain/money.ts";
import type { Order } from "../domain/order.ts";
import { encodeOrderField, type EncodedOrder } from "./encode-order.ts";
import { paymentFromWire, paymentToWire, stateFromWire, stateToWire } from "./order-states.ts";

/** Orders in the contract's form, for answers, events and kept answers, and back. */

/**
 * Where an order keeps its forms: a property, because a WeakMap costs a microsecond per order, most of it in the garbage collector. Not
 * enumerable, so that a changed copy (`{ ...order, state }`) has forms of its own.
 */
const forms = Symbol("forms");

interface Forms {
  message?: OrderMessage;
  encoded?: EncodedOrder;
}

function formsOf(order: Order & { readonly [forms]?: Forms }): Forms {
  const known = order[forms];
  if (known !== undefined) return known;
  const made: Forms = {};
  Object.defineProperty(order, forms, { value: made });
  return made;
}

/** An order in the contract's form. Made once per order; nobody may change it. */
export function orderToMessage(order: Order): OrderMessage {
  const known = formsOf(order);
  return (known.message ??= newMessage(order));
}

/** An order in the contract's binary form. Made once per order. */
export function encodeOrder(order: Order): Uint8Array {
  return encodedOf(order).bytes;
}

/** The binary form of a message whose one field, number 1, is the order: CreateOrderResponse, OrderCreated and others. Made once per order. */
export function encodeMessageOfOrder(order: Order): Uint8Array {
  return encodedOf(order).field;
}

/** The answer to a call that made an order. Its bytes are known; the message in it is made when somebody reads it, as JSON needs it. */
export function createOrderResponse(order: Order): CreateOrderResponse {
  return rememberEncoding(new LazyCreateOrderResponse(order), encodeMessageOfOrder(order));
}

class LazyCreateOrderResponse implements CreateOrderResponse {
  readonly $typeName = "flashdeal.order.v1.CreateOrderResponse";
  readonly #order: Order;

  constructor(order: Order) {
    this.#order = order;
  }

  get order(): OrderMessage {
    return orderToMessage(this.#order);
  }
}

function encodedOf(order: Order): EncodedOrder {
  const known = formsOf(order);
  return (known.encoded ??= encodeOrderField(order));
}

function newMessage(order: Order): OrderMessage {
  const createTime = timestampFromDate(order.createTime);
  return create(OrderSchema, {
    orderId: order.orderId,
    userId: order.userId,
    state: stateToWire(order.state),
    lines: order.lines.map(({ unitPrice, ...line }) => ({ ...line, unitPrice: moneyToMessage(unitPrice) })),
    total: moneyToMessage(order.total),
    paymentState: paymentToWire(order.paymentState),
    paymentId: order.paymentId,
    reservationId: order.reservationId,
    cancelReason: order.cancelReason,
    expireTime: timestampFromDate(order.expireTime),
    createTime,
    updateTime: order.updateTime === order.createTime ? createTime : timestampFromDate(order.updateTime),
  });
}

/** An order that was kept in the contract's form. Its version is not part of that: 0, so that nothing can be changed with it. */
export function orderFromMessage(message: OrderMessage): Order {
  return {
    orderId: message.orderId,
    userId: message.userId,
    state: stateFromWire(message.state) ?? "PENDING_PAYMENT",
    paymentState: paymentFromWire(message.paymentState) ?? "NONE",
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
