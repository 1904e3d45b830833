/** How far an order is. */
export type OrderState = "PENDING_PAYMENT" | "PAID" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "EXPIRED";

/** Where an order's money is. NONE: nothing was tried. */
export type PaymentState = "NONE" | "PENDING" | "CAPTURED" | "REFUSED" | "REFUND_PENDING" | "REFUNDED";

/** What can happen to an order. */
export type OrderAction = "pay" | "cancel" | "expire" | "ship" | "deliver";

/** Every state, in the order of an order's life. */
export const orderStates: readonly OrderState[] = ["PENDING_PAYMENT", "PAID", "SHIPPED", "DELIVERED", "CANCELLED", "EXPIRED"];

const transitions: Readonly<Record<OrderState, Readonly<Partial<Record<OrderAction, OrderState>>>>> = {
  PENDING_PAYMENT: { pay: "PAID", cancel: "CANCELLED", expire: "EXPIRED" },
  PAID: { ship: "SHIPPED", cancel: "CANCELLED" },
  SHIPPED: { deliver: "DELIVERED" },
  DELIVERED: {},
  CANCELLED: {},
  EXPIRED: {},
};

/** The state that `action` leads to, or undefined where the state does not allow it. */
export function nextState(state: OrderState, action: OrderAction): OrderState | undefined {
  return transitions[state][action];
}

/** Whether an order in this state can move no more. Its payment still can: a late one is refunded. */
export function isFinal(state: OrderState): boolean {
  return Object.keys(transitions[state]).length === 0;
}

/** Whether nothing of the order can change any more, its money included. */
export function isSettled(state: OrderState, paymentState: PaymentState): boolean {
  return isFinal(state) && paymentState !== "PENDING" && paymentState !== "REFUND_PENDING";
}
