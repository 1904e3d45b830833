/** How far an order is. */
export type OrderState = "PENDING_PAYMENT" | "PAID" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "EXPIRED";

/** Where an order's money is. NONE: nothing was tried. */
export type PaymentState = "NONE" | "PENDING" | "CAPTURED" | "REFUSED" | "REFUND_PENDING" | "REFUNDED";

/** What can happen to an order. `revive`: a payment that came too late is kept, because there is stock again. */
export type OrderAction = "pay" | "cancel" | "expire" | "revive" | "ship" | "deliver";

/** Every state, in the order of an order's life. */
export const orderStates: readonly OrderState[] = ["PENDING_PAYMENT", "PAID", "SHIPPED", "DELIVERED", "CANCELLED", "EXPIRED"];

const transitions: Readonly<Record<OrderState, Readonly<Partial<Record<OrderAction, OrderState>>>>> = {
  PENDING_PAYMENT: { pay: "PAID", cancel: "CANCELLED", expire: "EXPIRED" },
  PAID: { ship: "SHIPPED", cancel: "CANCELLED" },
  SHIPPED: { deliver: "DELIVERED" },
  DELIVERED: {},
  CANCELLED: {},
  EXPIRED: { revive: "PAID" },
};

/** The state that `action` leads to, or undefined where the state does not allow it. */
export function nextState(state: OrderState, action: OrderAction): OrderState | undefined {
  return transitions[state][action];
}

const ends: ReadonlySet<OrderState> = new Set<OrderState>(["DELIVERED", "CANCELLED", "EXPIRED"]);

/** Whether nothing of the order can change any more, its money included. An open payment can still be refunded, or revive an expired order. */
export function isSettled(state: OrderState, paymentState: PaymentState): boolean {
  return ends.has(state) && paymentState !== "PENDING" && paymentState !== "REFUND_PENDING";
}
