import type { Money } from "./money.ts";
import { nextState, type OrderState, type PaymentState } from "./order-state.ts";

/** One line of an order, with the deal's terms at the time of the order. */
export interface OrderLine {
  readonly dealId: string;
  readonly productId: string;
  readonly vendorItemId: string;
  readonly fulfillmentCenterId: string;
  readonly title: string;
  readonly quantity: bigint;
  readonly unitPrice: Money;
}

/** An order. */
export interface Order {
  readonly orderId: string;
  readonly userId: string;
  readonly state: OrderState;
  readonly paymentState: PaymentState;
  /** The newest payment; empty before the first. */
  readonly paymentId: string;
  readonly reservationId: string;
  readonly cancelReason: string;
  readonly lines: readonly OrderLine[];
  readonly total: Money;
  /** Until when it can be paid. */
  readonly expireTime: Date;
  readonly createTime: Date;
  readonly updateTime: Date;
  /** Grows by one with each change. */
  readonly version: bigint;
}

/** What of a new order is the same for all. */
export const atFirst = { state: "PENDING_PAYMENT", paymentState: "NONE", paymentId: "", cancelReason: "", version: 1n } as const;

/** The order as it was when it was new, with its first reservation. */
export function asCreated(order: Order, reservationId: string): Order {
  return { ...order, ...atFirst, reservationId, updateTime: order.createTime };
}

/** What others are told about an order. */
export type OrderEvent =
  | { readonly kind: "created" | "paid" | "expired" | "shipped" | "delivered" }
  | { readonly kind: "cancelled"; readonly wasPaid: boolean };

/** One payment of an order, as the provider was asked for it. */
export interface Payment {
  readonly paymentId: string;
  readonly orderId: string;
  readonly state: Exclude<PaymentState, "NONE">;
  /** Why the provider refused; empty otherwise. */
  readonly declineCode: string;
}

/** A step of an order: stored as a whole, and only if nobody else moved the order in the meantime. */
export interface OrderChange {
  readonly from: Order;
  readonly to: Order;
  /** What the others are told; nothing where only the money moved. */
  readonly event?: OrderEvent;
  /** The payment that the step begins or concludes. */
  readonly payment?: Payment;
}

type Fields = Partial<Pick<Order, "state" | "paymentState" | "paymentId" | "reservationId" | "cancelReason">>;

function moved(from: Order, fields: Fields, now: Date): Order {
  return { ...from, ...fields, updateTime: now, version: from.version + 1n };
}

/** Begins a payment. Undefined where the order does not wait for one, its time is over, or another payment is open. */
export function startPayment(order: Order, paymentId: string, now: Date): OrderChange | undefined {
  if (nextState(order.state, "pay") === undefined || order.paymentState === "PENDING" || now >= order.expireTime) return undefined;
  return {
    from: order,
    to: moved(order, { paymentState: "PENDING", paymentId }, now),
    payment: { paymentId, orderId: order.orderId, state: "PENDING", declineCode: "" },
  };
}

/** What the provider decided about a payment, once and for ever. */
export type PaymentDecision = { readonly kind: "captured" } | { readonly kind: "refused"; readonly declineCode: string };

/** Whether a capture comes too late for the hold of an order that nobody cancelled: `captureGraceMs` after the time to pay, or once it expired. */
export function isLate(order: Order, captureGraceMs: number, now: Date): boolean {
  const waits = nextState(order.state, "pay") !== undefined;
  return nextState(order.state, "revive") !== undefined || (waits && now.getTime() >= order.expireTime.getTime() + captureGraceMs);
}

/** Keeps the late payment of an expired order, with a new hold. Undefined where its state does not allow it. */
export function revive(order: Order, reservationId: string, now: Date): OrderChange | undefined {
  const state = nextState(order.state, "revive");
  const { orderId, paymentId, paymentState } = order;
  if (state === undefined || paymentState !== "PENDING") return undefined;
  return {
    from: order,
    to: moved(order, { state, paymentState: "CAPTURED", reservationId }, now),
    event: { kind: "paid" },
    payment: { paymentId, orderId, state: "CAPTURED", declineCode: "" },
  };
}

/**
 * Applies the provider's decision to an order whose payment is open. A capture counts until `captureGraceMs` after the time to
 * pay; a later one, and one of an order that was cancelled or expired, is to be refunded.
 */
export function concludePayment(order: Order, decision: PaymentDecision, captureGraceMs: number, now: Date): OrderChange {
  const { orderId, paymentId } = order;
  if (decision.kind === "refused") {
    return {
      from: order,
      to: moved(order, { paymentState: "REFUSED" }, now),
      payment: { paymentId, orderId, state: "REFUSED", declineCode: decision.declineCode },
    };
  }
  const inTime = now.getTime() < order.expireTime.getTime() + captureGraceMs;
  const paid = nextState(order.state, "pay");
  if (paid !== undefined && inTime) {
    return {
      from: order,
      to: moved(order, { state: paid, paymentState: "CAPTURED" }, now),
      event: { kind: "paid" },
      payment: { paymentId, orderId, state: "CAPTURED", declineCode: "" },
    };
  }
  const expired = nextState(order.state, "expire");
  return {
    from: order,
    to: moved(order, { state: expired ?? order.state, paymentState: "REFUND_PENDING" }, now),
    ...(expired === undefined ? {} : { event: { kind: "expired" } }),
    payment: { paymentId, orderId, state: "REFUND_PENDING", declineCode: "" },
  };
}

/** Notes that the provider has confirmed the refund. */
export function concludeRefund(order: Order, now: Date): OrderChange {
  const { orderId, paymentId } = order;
  return {
    from: order,
    to: moved(order, { paymentState: "REFUNDED" }, now),
    payment: { paymentId, orderId, state: "REFUNDED", declineCode: "" },
  };
}

/** Cancels an order; a paid one is to be refunded. Undefined where its state does not allow it. */
export function cancel(order: Order, reason: string, now: Date): OrderChange | undefined {
  const state = nextState(order.state, "cancel");
  if (state === undefined) return undefined;
  const { orderId, paymentId } = order;
  const wasPaid = order.paymentState === "CAPTURED";
  return {
    from: order,
    to: moved(order, { state, cancelReason: reason, ...(wasPaid ? { paymentState: "REFUND_PENDING" } : {}) }, now),
    event: { kind: "cancelled", wasPaid },
    ...(wasPaid ? { payment: { paymentId, orderId, state: "REFUND_PENDING", declineCode: "" } } : {}),
  };
}

/** Ends an order whose time to pay is over. An open payment stays open: if it turns out to be captured, it is refunded. */
export function expire(order: Order, now: Date): OrderChange | undefined {
  const state = nextState(order.state, "expire");
  if (state === undefined || now < order.expireTime) return undefined;
  return { from: order, to: moved(order, { state }, now), event: { kind: "expired" } };
}

/** Sends a paid order off. Undefined where its state does not allow it. */
export function ship(order: Order, now: Date): OrderChange | undefined {
  const state = nextState(order.state, "ship");
  return state && { from: order, to: moved(order, { state }, now), event: { kind: "shipped" } };
}

/** Notes that an order arrived. Undefined where its state does not allow it. */
export function deliver(order: Order, now: Date): OrderChange | undefined {
  const state = nextState(order.state, "deliver");
  return state && { from: order, to: moved(order, { state }, now), event: { kind: "delivered" } };
}
