import { lateReservationIdOf } from "./ids.ts";
import { concludePayment, concludeRefund, expire, isLate, revive, type Order, type OrderChange, type Payment, type PaymentDecision } from "./order.ts";
import type { Clock, FaultLog, Inventory, OrderStore, PaymentProvider } from "./ports.ts";

/** What everything about payments works with. */
export interface PaymentContext {
  readonly store: OrderStore;
  readonly provider: PaymentProvider;
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly log: FaultLog;
  /** How long after the time to pay a capture still counts, in milliseconds. Less than the hold's margin. */
  readonly captureGraceMs: number;
  /** How long the stock is held that a late payment takes, in milliseconds: time enough to store the order. */
  readonly holdMarginMs: number;
}

/** How often a step is tried again when somebody else moved the order in the meantime. */
export const maxStepAttempts = 8;

/**
 * Stores what the provider decided, once: a second call, or one beside the sweeper's, finds it stored. A capture that came too
 * late gets stock again where there is some, else it is refunded. Answers the payment as it is then.
 */
export async function conclude(context: PaymentContext, open: Payment, decision: PaymentDecision): Promise<Payment> {
  for (let attempt = 0; attempt < maxStepAttempts; attempt++) {
    const order = await context.store.getOrder(open.orderId);
    if (order === undefined || order.paymentId !== open.paymentId || order.paymentState !== "PENDING") break;
    const change = await decideChange(context, order, decision);
    if (change === undefined) break;
    if (!(await context.store.change(change))) continue;
    if (change.to.paymentState === "REFUND_PENDING") await refund(context, change.to);
    if (change.to.paymentState !== "PENDING") break;
  }
  return (await context.store.getPayment(open.paymentId)) ?? open;
}

/** The next step of an order whose payment is decided. Undefined: it cannot be known yet whether there is stock; ask again later. */
async function decideChange(context: PaymentContext, order: Order, decision: PaymentDecision): Promise<OrderChange | undefined> {
  const now = context.clock.now();
  if (decision.kind === "refused" || !isLate(order, context.captureGraceMs, now)) return concludePayment(order, decision, context.captureGraceMs, now);
  return expire(order, now) ?? concludeLate(context, order, decision);
}

/**
 * Asks for the units of an expired order again: first its own are given back, in case that nobody did so yet. The new hold's id is the
 * payment's, so that a repetition after a crash or a lost answer meets the same hold; it is claimed together with the order's step.
 */
async function concludeLate(context: PaymentContext, order: Order, decision: PaymentDecision): Promise<OrderChange | undefined> {
  const { inventory, clock, captureGraceMs, holdMarginMs, log } = context;
  const reservationId = lateReservationIdOf(order.paymentId);
  await inventory.release([order.reservationId]);
  const expireTime = new Date(clock.now().getTime() + holdMarginMs);
  const lines = order.lines.map(({ dealId, quantity }) => ({ dealId, quantity }));
  const [outcome] = await inventory.reserve([{ reservationId, userId: order.userId, lines, expireTime }]);
  if (outcome === undefined || outcome.kind === "unknown") {
    log.warn({ err: outcome?.cause, ...idsOf(order) }, "whether a late payment gets stock again is not known; it stays open");
    return undefined;
  }
  if (outcome.kind === "hold" && outcome.hold.state === "HELD") return revive(order, reservationId, clock.now());
  return concludePayment(order, decision, captureGraceMs, clock.now());
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
