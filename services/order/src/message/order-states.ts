import { OrderState as WireState, PaymentState as WirePayment } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { OrderState, PaymentState } from "../domain/order-state.ts";

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

/** The state of an order's payments as the contract numbers it. */
export function paymentToWire(state: PaymentState): WirePayment {
  return wirePayments[state];
}

/** The state of an order's payments; undefined for "not stated". */
export function paymentFromWire(state: WirePayment): PaymentState | undefined {
  return payments.get(state);
}
