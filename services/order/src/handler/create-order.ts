import type { MethodImpl } from "@connectrpc/connect";
import { OrderService, type CreateOrderRequest, type CreateOrderResponse } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { requireUser, type UserPrincipal } from "@flashdeal/runtime/auth";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import { callSignalOf } from "@flashdeal/runtime/rpc";
import { currentTrace, formatTraceparent } from "@flashdeal/runtime/telemetry";
import { requestScope } from "@flashdeal/runtime/idempotency";
import { createOrder as createOne, type CreateOrderCommand, type CreateOrderOutcome } from "../domain/create-orders.ts";
import { reservationIdOf } from "../domain/ids.ts";
import { createOrderResponse } from "../message/order-message.ts";
import { userIdOf, type OrderHandlers } from "./context.ts";
import { outcomeError } from "./errors.ts";

/** CreateOrder: a batch of one. */
export function createOrder(handlers: OrderHandlers): MethodImpl<typeof OrderService.method.createOrder> {
  return (request, context) => createOne(handlers, toCommand(requireUser(context), request), callSignalOf(context)).then(toResponse);
}

function toResponse(outcome: CreateOrderOutcome): CreateOrderResponse {
  if (outcome.kind !== "created") throw outcomeError(outcome);
  return createOrderResponse(outcome.order);
}

/** What a user asked for. Entries of a batch are in the same scope as the user's own calls. */
export function toCommand(user: UserPrincipal, request: CreateOrderRequest): CreateOrderCommand {
  const userId = userIdOf(user);
  if (request.requestId === "") {
    throw reasonError(ErrorReason.REQUEST_ID_REQUIRED, "Send a request_id (REST: header Idempotency-Key), for example a UUID.");
  }
  const trace = currentTrace();
  return {
    reservationId: reservationIdOf(requestScope({ ...user, userId }, OrderService.method.createOrder), request.requestId),
    traceparent: trace && formatTraceparent(trace),
    userId,
    lines: request.lines.map(({ dealId, quantity }) => ({ dealId: dealId.toLowerCase(), quantity })),
  };
}
