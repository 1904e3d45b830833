import { createClient, type Transport } from "@connectrpc/connect";
import { OrderService, OrderState, type ReservationResolution } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { OrderLookup } from "../domain/ports.ts";
import type { OrderStanding } from "../domain/settle-hold.ts";

const standings: ReadonlyMap<OrderState, OrderStanding> = new Map([
  [OrderState.PENDING_PAYMENT, "PENDING_PAYMENT"],
  [OrderState.PAID, "PAID"],
  [OrderState.SHIPPED, "SHIPPED"],
  [OrderState.DELIVERED, "DELIVERED"],
  [OrderState.CANCELLED, "CANCELLED"],
  [OrderState.EXPIRED, "EXPIRED"],
]);

/** Asks the order service. `timeoutMs` bounds each call. */
export function createOrderLookup(transport: Transport, { timeoutMs }: { readonly timeoutMs: number }): OrderLookup {
  const orders = createClient(OrderService, transport);
  return {
    async resolveReservations(reservationIds, signal) {
      const { resolutions } = await orders.resolveReservations({ reservationIds: [...reservationIds] }, { signal, timeoutMs });
      return new Map(resolutions.map((resolution) => [resolution.reservationId.toLowerCase(), standingOf(resolution)]));
    },
  };
}

/** An empty order id with a state, or a state from a newer contract, is nothing that this code understands. */
function standingOf({ orderId, orderState }: ReservationResolution): OrderStanding {
  if (orderId === "") return orderState === OrderState.UNSPECIFIED ? "NONE" : "UNKNOWN";
  return standings.get(orderState) ?? "UNKNOWN";
}
