import { maySee, type Caller } from "./caller.ts";
import { cancel, type Order } from "./order.ts";
import type { OrderState } from "./order-state.ts";
import { maxStepAttempts, refund, settle, type PaymentContext } from "./payments.ts";
import type { KeyedRequest } from "./ports.ts";
import { requestKey, sameFingerprint, type RunningRequests } from "./running-requests.ts";

/** What CancelOrder works with. */
export interface CancelOrderContext extends PaymentContext {
  readonly running: RunningRequests;
}

/** One order to cancel. */
export interface CancelOrderCommand {
  /** Undefined: the call stands alone. */
  readonly request: KeyedRequest | undefined;
  readonly caller: Caller;
  readonly orderId: string;
  readonly reason: string;
  /** Takes the cancellation back while it waits to be stored. Default: none. */
  readonly signal?: AbortSignal;
}

/** What became of a cancellation. */
export type CancelOrderOutcome =
  | { readonly kind: "cancelled"; readonly order: Order }
  | { readonly kind: "request-id-reused" }
  | { readonly kind: "in-progress" }
  | { readonly kind: "order-not-found" }
  | { readonly kind: "wrong-state"; readonly state: OrderState };

/** Cancels an order, and has a paid one refunded. Cancelling it again answers it as it is. */
export async function cancelOrder(context: CancelOrderContext, command: CancelOrderCommand): Promise<CancelOrderOutcome> {
  const end = command.request === undefined ? () => {} : context.running.begin(requestKey(command.request));
  if (end === undefined) return { kind: "in-progress" };
  try {
    for (let attempt = 0; attempt < maxStepAttempts; attempt++) {
      const outcome = await tryToCancel(context, command);
      if (outcome !== undefined) return outcome;
    }
    return { kind: "in-progress" };
  } finally {
    end();
  }
}

/** Undefined: somebody else moved the order in the meantime; look again. */
async function tryToCancel(context: CancelOrderContext, command: CancelOrderCommand): Promise<CancelOrderOutcome | undefined> {
  const { store } = context;
  const { request } = command;
  const record = request && (await store.findRecords([request])).get(requestKey(request));
  if (request && record && !sameFingerprint(record.fingerprint, request.fingerprint)) return { kind: "request-id-reused" };
  if (record?.answer !== undefined) return { kind: "cancelled", order: record.answer };
  const order = await store.getOrder(command.orderId);
  if (order === undefined || !maySee(command.caller, order)) return { kind: "order-not-found" };
  if (order.state === "CANCELLED") return answer(context, command, order);
  if (order.state === "PENDING_PAYMENT" && order.paymentState === "PENDING") {
    // The payment may have been captured: then this is the cancellation of a paid order. If it stays open, a later capture is refunded.
    const payment = await store.getPayment(order.paymentId);
    const settled = payment && (await settle(context, payment, { abandonAbsent: false }));
    if (settled !== undefined && settled.state !== "PENDING") return undefined;
  }
  const change = cancel(order, command.reason, context.clock.now());
  if (change === undefined) return { kind: "wrong-state", state: order.state };
  const unfinished = record === undefined ? request : undefined;
  if (!(await store.change(change, unfinished, command.signal))) return undefined;
  if (change.to.paymentState === "REFUND_PENDING") await refund(context, change.to);
  return answer(context, command, (await store.getOrder(order.orderId)) ?? change.to);
}

async function answer(context: CancelOrderContext, command: CancelOrderCommand, order: Order): Promise<CancelOrderOutcome> {
  if (command.request !== undefined) await context.store.saveAnswer(command.request, order);
  return { kind: "cancelled", order };
}
