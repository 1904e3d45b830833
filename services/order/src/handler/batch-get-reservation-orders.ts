import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { orderToMessage } from "../message/order-message.ts";
import type { OrderHandlers } from "./context.ts";

/** BatchGetReservationOrders. */
export function batchGetReservationOrders(handlers: Pick<OrderHandlers, "store">): MethodImpl<typeof OrderService.method.batchGetReservationOrders> {
  return async ({ reservationIds }) => {
    const claims = await handlers.store.findClaims(reservationIds.map((id) => id.toLowerCase()));
    const orders = new Map((await handlers.store.getOrders(claims.flatMap(({ orderId }) => orderId ?? []))).map((order) => [order.orderId, order]));
    return {
      reservations: claims.map(({ reservationId, orderId }) => {
        const order = orderId === undefined ? undefined : orders.get(orderId);
        return { reservationId, ...(order && { order: orderToMessage(order) }) };
      }),
    };
  };
}
