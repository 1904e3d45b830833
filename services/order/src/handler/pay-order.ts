import type { MethodImpl } from "@connectrpc/connect";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import { payOrder as pay } from "../domain/pay-order.ts";
import { orderToMessage } from "../message/order-message.ts";
import { callerOf, keyedRequest, type OrderHandlers } from "./context.ts";
import { outcomeError } from "./errors.ts";

/** PayOrder. */
export function payOrder(handlers: OrderHandlers): MethodImpl<typeof OrderService.method.payOrder> {
  return async (message, context) => {
    const request = keyedRequest(context, OrderService.method.payOrder, message);
    if (request === undefined) throw reasonError(ErrorReason.REQUEST_ID_REQUIRED, "Send a request_id (REST: header Idempotency-Key), for example a UUID.");
    const { orderId, paymentToken } = message;
    const outcome = await pay(handlers, { request, caller: callerOf(context), orderId, paymentToken, signal: context.signal });
    if (outcome.kind !== "paid") throw outcomeError(outcome);
    return { order: orderToMessage(outcome.order) };
  };
}
