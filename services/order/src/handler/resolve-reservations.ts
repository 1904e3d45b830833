import type { MethodImpl } from "@connectrpc/connect";
import { OrderState, type OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { stateToWire } from "../message/order-states.ts";
import type { OrderHandlers } from "./context.ts";

/** ResolveReservations. */
export function resolveReservations(handlers: OrderHandlers): MethodImpl<typeof OrderService.method.resolveReservations> {
  return async ({ reservationIds }) => {
    const claims = await handlers.store.closeReservations(reservationIds);
    const byId = new Map(claims.map((claim) => [claim.reservationId, claim]));
    return {
      resolutions: reservationIds.map((reservationId) => {
        const claim = byId.get(reservationId.toLowerCase());
        const orderState = claim?.orderState === undefined ? OrderState.UNSPECIFIED : stateToWire(claim.orderState);
        return { reservationId, orderId: claim?.orderId ?? "", orderState };
      }),
    };
  };
}
