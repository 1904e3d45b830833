import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { maySee } from "../domain/caller.ts";
import type { Order } from "../domain/order.ts";
import { orderToMessage } from "../message/order-message.ts";
import { callerOf, type OrderHandlers } from "./context.ts";
import { orderNotFound } from "./errors.ts";

/** GetOrder. */
export function getOrder(handlers: OrderHandlers): MethodImpl<typeof OrderService.method.getOrder> {
  return async ({ orderId }, context) => ({ order: orderToMessage(await visibleOrder(handlers, orderId, context)) });
}

/** The order, if the caller may see it. Throws ORDER_NOT_FOUND otherwise. */
export async function visibleOrder(handlers: Pick<OrderHandlers, "store">, orderId: string, context: HandlerContext): Promise<Order> {
  const order = await handlers.store.getOrder(orderId);
  if (order === undefined || !maySee(callerOf(context), order)) throw orderNotFound();
  return order;
}
