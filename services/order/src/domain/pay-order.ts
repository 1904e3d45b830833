import { maySee, type Caller } from "./caller.ts";
import { paymentIdOf } from "./ids.ts";
import { startPayment, type Order, type Payment } from "./order.ts";
import type { OrderState } from "./order-state.ts";
import { conclude, maxStepAttempts, settle, type PaymentContext } from "./payments.ts";
import type { KeyedRequest } from "./ports.ts";
import { requestKey, sameFingerprint, type RunningRequests } from "./running-requests.ts";

/** What PayOrder works with. */
export interface PayOrderContext extends PaymentContext {
  readonly running: RunningRequests;
}

/** One order to pay. */
export interface PayOrderCommand {
  readonly request: KeyedRequest;
  readonly caller: Caller;
  readonly orderId: string;
  readonly paymentToken: string;
  /** Takes the payment back while its first step waits to be stored. From then on it goes its way. Default: none. */
  readonly signal?: AbortSignal;
}

/** What became of a payment. */
export type PayOrderOutcome =
  | { readonly kind: "paid"; readonly order: Order }
  | { readonly kind: "request-id-reused" }
  | { readonly kind: "in-progress" }
  | { readonly kind: "order-not-found" }
  | { readonly kind: "wrong-state"; readonly state: OrderState }
  | { readonly kind: "payment-refused"; readonly declineCode: string }
  | { readonly kind: "payment-pending" };

/**
 * Pays an order: notes the payment, asks the provider with no transaction open, stores the outcome. At most one payment of an
 * order is open at a time. A request that was made before goes on where it stopped.
 */
export async function payOrder(context: PayOrderContext, command: PayOrderCommand): Promise<PayOrderOutcome> {
  const end = context.running.begin(requestKey(command.request));
  if (end === undefined) return { kind: "in-progress" };
  try {
    for (let attempt = 0; attempt < maxStepAttempts; attempt++) {
      const outcome = await tryToPay(context, command);
      if (outcome !== undefined) return outcome;
    }
    return { kind: "in-progress" };
  } finally {
    end();
  }
}

/** Undefined: somebody else moved the order in the meantime; look again. */
async function tryToPay(context: PayOrderContext, command: PayOrderCommand): Promise<PayOrderOutcome | undefined> {
  const { store, clock } = context;
  const { request, orderId } = command;
  const record = (await store.findRecords([request])).get(requestKey(request));
  if (record !== undefined && !sameFingerprint(record.fingerprint, request.fingerprint)) return { kind: "request-id-reused" };
  if (record?.answer !== undefined) return { kind: "paid", order: record.answer };
  const order = await store.getOrder(orderId);
  if (order === undefined || !maySee(command.caller, order)) return { kind: "order-not-found" };
  const paymentId = paymentIdOf(order.orderId, request.scope, request.requestId);
  const earlier = await store.getPayment(paymentId);
  if (earlier !== undefined) return goOn(context, command, order, earlier);
  if (order.paymentState === "PENDING" && order.state === "PENDING_PAYMENT") {
    const other = await store.getPayment(order.paymentId);
    const settled = other && (await settle(context, other, { abandonAbsent: false }));
    return settled?.state === "PENDING" ? { kind: "payment-pending" } : undefined;
  }
  const now = clock.now();
  const start = startPayment(order, paymentId, now);
  if (start?.payment === undefined) {
    return { kind: "wrong-state", state: order.state === "PENDING_PAYMENT" ? "EXPIRED" : order.state };
  }
  if (!(await store.change(start, request, command.signal))) return undefined;
  return answer(context, command, await capture(context, command, order, start.payment));
}

/** Goes on with a payment that an earlier call with the same request id began. */
async function goOn(context: PayOrderContext, command: PayOrderCommand, order: Order, earlier: Payment): Promise<PayOrderOutcome> {
  if (earlier.state !== "PENDING") return answer(context, command, earlier);
  const status = await statusOf(context, earlier);
  if (status === "open") return { kind: "payment-pending" };
  const payment = status === "absent" ? await capture(context, command, order, earlier) : await conclude(context, earlier, status);
  return answer(context, command, payment);
}

async function statusOf(context: PayOrderContext, payment: Payment) {
  try {
    const status = await context.provider.lookUp(payment.paymentId);
    return status.kind === "open" || status.kind === "absent" ? status.kind : status;
  } catch (error) {
    context.log.warn({ err: error, paymentId: payment.paymentId, orderId: payment.orderId }, "a payment could not be looked up");
    return "open";
  }
}

/** A lost answer leaves the payment open: it may have been captured. */
async function capture(context: PayOrderContext, command: PayOrderCommand, order: Order, payment: Payment): Promise<Payment> {
  const { paymentToken } = command;
  let decision;
  try {
    decision = await context.provider.capture({ paymentId: payment.paymentId, orderId: order.orderId, amount: order.total, paymentToken });
  } catch (error) {
    context.log.warn({ err: error, paymentId: payment.paymentId, orderId: order.orderId }, "the payment provider's answer was lost");
    return payment;
  }
  return conclude(context, payment, decision);
}

async function answer(context: PayOrderContext, command: PayOrderCommand, payment: Payment): Promise<PayOrderOutcome> {
  switch (payment.state) {
    case "PENDING":
      return { kind: "payment-pending" };
    case "REFUSED":
      return { kind: "payment-refused", declineCode: payment.declineCode };
    case "CAPTURED":
    case "REFUND_PENDING":
    case "REFUNDED": {
      const order = await context.store.getOrder(payment.orderId);
      if (order === undefined) return { kind: "order-not-found" };
      if (payment.state !== "CAPTURED") return { kind: "wrong-state", state: order.state };
      await context.store.saveAnswer(command.request, order);
      return { kind: "paid", order };
    }
  }
}
