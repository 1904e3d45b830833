import type { MethodImpl } from "@connectrpc/connect";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import { decodePageToken, encodePageToken } from "@flashdeal/runtime/rpc";
import { orderToMessage } from "../message/order-message.ts";
import { stateFromWire } from "../message/order-states.ts";
import { callerOf, type OrderHandlers } from "./context.ts";
import { cursorId } from "./input-check.ts";

const defaultPageSize = 50;

/** ListOrders. Pages by order id, whose time-sorted form (UUIDv7) makes the newest come first and pages stable. */
export function listOrders(handlers: OrderHandlers): MethodImpl<typeof OrderService.method.listOrders> {
  const method = OrderService.method.listOrders;
  return async (request, context) => {
    const caller = callerOf(context);
    if (caller.kind === "owner" && request.userId !== "" && request.userId.toLowerCase() !== caller.userId) {
      throw reasonError(ErrorReason.ROLE_REQUIRED, "Only an admin may list the orders of somebody else.", { metadata: { required_role: "admin" } });
    }
    const beforeOrderId = cursorId(decodePageToken({ method, request }, request.pageToken, ["string"]));
    const pageSize = request.pageSize === 0 ? defaultPageSize : request.pageSize;
    const orders = await handlers.store.listOrders({
      userId: caller.kind === "owner" ? caller.userId : request.userId || undefined,
      state: stateFromWire(request.state),
      dealId: request.dealId || undefined,
      beforeOrderId,
      maxOrders: pageSize + 1,
    });
    const page = orders.slice(0, pageSize);
    const last = orders.length > pageSize ? page.at(-1) : undefined;
    return { orders: page.map(orderToMessage), nextPageToken: last === undefined ? "" : encodePageToken({ method, request }, [last.orderId]) };
  };
}
