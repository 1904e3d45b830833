import { decodeEvent } from "@flashdeal/runtime/outbox";
import type { ReceivedEvent } from "@flashdeal/runtime/events";
import { OrderCancelledSchema, OrderExpiredSchema, OrderPaidSchema } from "@flashdeal/proto/flashdeal/order/v1/order_events_pb";
import type { Order } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { Logger } from "@flashdeal/runtime/telemetry";
import type { ResolutionIntent, ResolveOutcome } from "../domain/decide-resolutions.ts";
import type { EventResolution, ReservationStore } from "../domain/ports.ts";
import { isUuid } from "./input-check.ts";

/** Handles a batch of order events: holds become sales, are given back, or expire. Redelivery changes nothing. */
export function createOrderEventHandler(reservations: ReservationStore, log: Logger): (events: readonly ReceivedEvent[]) => Promise<void> {
  return async (events) => {
    const entries = events.flatMap((event) => readResolution(event) ?? []);
    if (entries.length === 0) return;
    const outcomes = await reservations.resolveForEvents(entries, "order");
    for (const [index, entry] of entries.entries()) warnOfLoss(entry, outcomes[index], log);
  };
}

/** Undefined for news that moves no stock. Throws on a payload that cannot be read. */
function readResolution(event: ReceivedEvent): EventResolution | undefined {
  switch (event.subject) {
    case OrderPaidSchema.typeName:
      return toResolution(event, decodeEvent(OrderPaidSchema, event).order, "COMMIT");
    case OrderCancelledSchema.typeName: {
      const { order, wasPaid } = decodeEvent(OrderCancelledSchema, event);
      return toResolution(event, order, wasPaid ? "REFUND" : "RELEASE");
    }
    case OrderExpiredSchema.typeName:
      return toResolution(event, decodeEvent(OrderExpiredSchema, event).order, "EXPIRE");
    default:
      return undefined;
  }
}

function toResolution(event: ReceivedEvent, order: Order | undefined, intent: ResolutionIntent): EventResolution {
  const reservationId = order?.reservationId.toLowerCase() ?? "";
  const orderId = order?.orderId.toLowerCase() ?? "";
  if (!isUuid(reservationId) || !isUuid(orderId) || !isUuid(event.id)) {
    throw new Error(`the event ${event.id} (${event.subject}) names no order with a reservation`);
  }
  return { eventId: event.id, reservationId, orderId, intent };
}

/** An order was paid whose hold is gone: nobody but an admin can mend that, and the audit shows it too. */
function warnOfLoss(entry: EventResolution, outcome: ResolveOutcome | undefined, log: Logger): void {
  if (outcome === undefined || outcome.kind === "resolved" || outcome.kind === "unchanged") return;
  const state = outcome.kind === "reservation-not-found" ? "unknown" : outcome.reservation.state;
  const { reservationId, orderId, intent, eventId } = entry;
  const lost = intent === "COMMIT" && state !== "RETURNED";
  log[lost ? "error" : "warn"]({ reservationId, orderId, intent, eventId, state }, "an order event found its reservation resolved otherwise");
}
