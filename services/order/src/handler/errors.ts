import type { ConnectError } from "@connectrpc/connect";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import type { CancelOrderOutcome } from "../domain/cancel-order.ts";
import type { CreateOrderOutcome } from "../domain/create-orders.ts";
import type { PayOrderOutcome } from "../domain/pay-order.ts";
import type { AddShipmentUpdateOutcome, CreateShipmentOutcome } from "../domain/ship-order.ts";
import { storeFault } from "./store-faults.ts";

type Outcome = CreateOrderOutcome | PayOrderOutcome | CancelOrderOutcome | CreateShipmentOutcome | AddShipmentUpdateOutcome;
type Failure = Exclude<Outcome, { kind: "created" | "paid" | "cancelled" | "shipment-created" | "update-added" }>;

const soonMs = 200;

/** What a caller is told about an outcome that is no success. Throws the cause of a fault, which the runtime logs and hides. */
export function outcomeError(outcome: Failure): ConnectError {
  switch (outcome.kind) {
    case "request-id-reused":
      return reasonError(ErrorReason.REQUEST_ID_REUSED, "This request_id was used with another payload. Use a new one.");
    case "in-progress":
      return reasonError(ErrorReason.REQUEST_IN_PROGRESS, "The first call with this request_id is still running.", { retryAfterMs: soonMs });
    case "hold-ended":
      return reasonError(ErrorReason.WRONG_STATE, "The stock that this request held was given back before it became an order. Order again with a new request_id.", {
        metadata: { state: outcome.state },
      });
    case "unpriceable":
      return unpriceable(outcome.fault);
    case "lines-refused":
      return invalidField("lines", outcome.description);
    case "refused":
      return reasonError(ErrorReason[outcome.reason], outcome.message, { metadata: outcome.metadata });
    case "unknown":
      return reasonError(ErrorReason.SERVICE_UNAVAILABLE, "The inventory did not answer in time. Retry with the same request_id.", {
        cause: outcome.cause,
        retryAfterMs: soonMs,
      });
    case "failed":
      throw storeFault(outcome.cause);
    case "shipment-not-found":
      return shipmentNotFound();
    case "shipment-exists":
      return reasonError(ErrorReason.SHIPMENT_EXISTS, "The order has a shipment already.");
    case "order-not-found":
      return orderNotFound();
    case "wrong-state":
      return wrongState(outcome.state);
    case "payment-refused":
      return reasonError(ErrorReason.PAYMENT_REFUSED, "The payment provider refused the payment. Try again with a new request_id.", {
        metadata: { decline_code: outcome.declineCode },
      });
    case "payment-pending":
      return reasonError(ErrorReason.PAYMENT_PENDING, "The outcome of the payment is not known yet. Retry with the same request_id.", { retryAfterMs: 1_000 });
  }
}

/** The caller has no such order, or none that it may see: the answer is the same. */
export function orderNotFound(): ConnectError {
  return reasonError(ErrorReason.ORDER_NOT_FOUND, "You have no order with this id.");
}

/** The order's state does not allow the call. */
export function wrongState(state: string): ConnectError {
  return reasonError(ErrorReason.WRONG_STATE, `The order is ${state}.`, { metadata: { state } });
}

/** The caller has no such shipment, or none that it may see. */
export function shipmentNotFound(): ConnectError {
  return reasonError(ErrorReason.SHIPMENT_NOT_FOUND, "You have no shipment with this id.");
}

/** One field that no annotation can check. */
export function invalidField(field: string, description: string): ConnectError {
  return reasonError(ErrorReason.INVALID_INPUT, `${field} ${description}.`, { violations: [{ field, description }] });
}

function unpriceable(fault: "mixed-currencies" | "too-large"): ConnectError {
  switch (fault) {
    case "mixed-currencies":
      return invalidField("lines", "must be of deals in one currency");
    case "too-large":
      return invalidField("lines", "must have a total of at most 9,223,372,036,854,775,807 units");
  }
}
