import { refund, settle, type PaymentContext } from "./payments.ts";

/** What the sweepers work with. */
export interface SweepContext extends PaymentContext {
  /** Most rows that one transaction takes. */
  readonly batchSize: number;
}

/** How many payments are looked up at the provider at once. */
const maxLookUps = 8;

/**
 * Expires the orders whose time to pay is over, batch by batch. One whose payment is open is left to `checkPayments` until the
 * capture's grace is over; then it expires too, and a capture that shows up later is refunded.
 */
export async function expireOrders(context: SweepContext, signal: AbortSignal): Promise<number> {
  let expired = 0;
  for (let batch = context.batchSize; batch === context.batchSize && !signal.aborted; expired += batch) {
    const paymentDueTime = new Date(context.clock.now().getTime() - context.captureGraceMs);
    batch = await context.store.expireOrders({ paymentDueTime, maxOrders: context.batchSize });
  }
  return expired;
}

/**
 * Looks open payments up at the provider, and asks again for refunds that are not confirmed. A payment that the provider never
 * saw is closed there first, so that it cannot be captured later.
 */
export async function checkPayments(context: SweepContext, signal: AbortSignal): Promise<number> {
  const payments = await context.store.takePaymentsToCheck(context.batchSize);
  const queue = payments.values();
  const work = async () => {
    for (const payment of queue) {
      if (signal.aborted) return;
      if (payment.state === "REFUND_PENDING") await refund(context, payment);
      else await settle(context, payment, { abandonAbsent: true });
    }
  };
  await Promise.all(Array.from({ length: maxLookUps }, work));
  return payments.length;
}

/** Deletes the records of requests that are past their time, batch by batch. */
export async function deleteOldRecords(context: SweepContext, signal: AbortSignal): Promise<number> {
  let deleted = 0;
  for (let batch = context.batchSize; batch === context.batchSize && !signal.aborted; deleted += batch) {
    batch = await context.store.deleteOldRecords(context.batchSize);
  }
  return deleted;
}
