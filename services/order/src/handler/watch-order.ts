import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import { watchOrder as watch } from "../domain/watch-order.ts";
import { orderToMessage } from "../message/order-message.ts";
import type { OrderHandlers } from "./context.ts";
import { visibleOrder } from "./get-order.ts";

/** WatchOrder. */
export function watchOrder(handlers: OrderHandlers): MethodImpl<typeof OrderService.method.watchOrder> {
  return async function* ({ orderId }, context) {
    const changes = watch(handlers, await visibleOrder(handlers, orderId, context), context.signal);
    if (changes === undefined) throw reasonError(ErrorReason.OVERLOADED, "Too many orders are being watched here.", { retryAfterMs: 5_000 });
    for await (const order of changes) yield { order: orderToMessage(order) };
    context.signal.throwIfAborted();
  };
}
