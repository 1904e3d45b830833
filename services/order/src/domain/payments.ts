import { concludePayment, concludeRefund, type Order, type Payment, type PaymentDecision } from "./order.ts";
import type { Clock, FaultLog, OrderStore, PaymentProvider } from "./ports.ts";

/** What everything about payments works with. */
export interface PaymentContext {
  readonly store: OrderStore;
  readonly provider: PaymentProvider;
  readonly clock: Clock;
  readonly log: FaultLog;
  /** How long after the time to pay a capture still counts, in milliseconds. Less than the hold's margin. */
  readonly captureGraceMs: number;
}

/** How often a step is tried again when somebody else moved the order in the meantime. */
export const maxStepAttempts = 8;

/**
 * Stores what the provider decided, once: a second call, or one beside the sweeper's, finds it stored. A capture that came too
 * late is refunded. Answers the payment as it is then.
 */
export async function conclude(context: PaymentContext, open: Payment, decision: PaymentDecision): Promise<Payment> {
  for (let attempt = 0; attempt < maxStepAttempts; attempt++) {
    const order = await context.store.getOrder(open.orderId);
    if (order === undefined || order.paymentId !== open.paymentId || order.paymentState !== "PENDING") break;
    const change = concludePayment(order, decision, context.captureGraceMs, context.clock.now());
    if (await context.store.change(change)) {
      if (change.to.paymentState === "REFUND_PENDING") await refund(context, change.to);
      break;
    }
  }
  return (await context.store.getPayment(open.paymentId)) ?? open;
}

/** Asks the provider how an open payment stands, and stores it where it is decided. Never throws for a lost answer. */
export async function settle(context: PaymentContext, open: Payment, options: { readonly abandonAbsent: boolean }): Promise<Payment> {
  try {
    const { provider } = context;
    let status = await provider.lookUp(open.paymentId);
    if (status.kind === "absent" && options.abandonAbsent) status = await provider.abandon(open.paymentId);
    return status.kind === "captured" || status.kind === "refused" ? await conclude(context, open, status) : open;
  } catch (error) {
    context.log.warn({ err: error, paymentId: open.paymentId, orderId: open.orderId }, "a payment could not be looked up; it stays open");
    return open;
  }
}

/** Asks the provider to pay back. Where it does not confirm, the refund stays pending and the sweeper asks again. */
export async function refund(context: PaymentContext, pending: Pick<Order, "orderId" | "paymentId">): Promise<void> {
  try {
    if (!(await context.provider.refund(pending.paymentId))) return;
  } catch (error) {
    context.log.warn({ err: error, ...idsOf(pending) }, "a refund was not confirmed; it stays pending");
    return;
  }
  for (let attempt = 0; attempt < maxStepAttempts; attempt++) {
    const order = await context.store.getOrder(pending.orderId);
    if (order?.paymentId !== pending.paymentId || order.paymentState !== "REFUND_PENDING") return;
    if (await context.store.change(concludeRefund(order, context.clock.now()))) return;
  }
}

function idsOf({ orderId, paymentId }: Pick<Order, "orderId" | "paymentId">) {
  return { orderId, paymentId };
}
