import type { MethodImpl } from "@connectrpc/connect";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { cancelOrder as cancel } from "../domain/cancel-order.ts";
import { orderToMessage } from "../message/order-message.ts";
import { callerOf, keyedRequest, type OrderHandlers } from "./context.ts";
import { outcomeError } from "./errors.ts";
import { refuseNul } from "./input-check.ts";

/** CancelOrder. */
export function cancelOrder(handlers: OrderHandlers): MethodImpl<typeof OrderService.method.cancelOrder> {
  return async (message, context) => {
    const { orderId, reason } = message;
    refuseNul({ reason });
    const request = keyedRequest(context, OrderService.method.cancelOrder, message);
    const outcome = await cancel(handlers, { request, caller: callerOf(context), orderId, reason, signal: context.signal });
    if (outcome.kind !== "cancelled") throw outcomeError(outcome);
    return { order: orderToMessage(outcome.order) };
  };
}
