import type { HandlerContext } from "@connectrpc/connect";
import type { DescMessage, DescMethod, MessageShape } from "@bufbuild/protobuf";
import { principalOf, type UserPrincipal } from "@flashdeal/runtime/auth";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import { requestFingerprint, requestScope } from "@flashdeal/runtime/idempotency";
import type { Caller } from "../domain/caller.ts";
import type { CancelOrderContext } from "../domain/cancel-order.ts";
import type { CreateOrdersContext } from "../domain/create-orders.ts";
import type { PayOrderContext } from "../domain/pay-order.ts";
import type { KeyedRequest } from "../domain/ports.ts";
import type { ShippingContext } from "../domain/ship-order.ts";
import type { WatchOrderContext } from "../domain/watch-order.ts";
import { isUuid } from "./input-check.ts";

/** What the handlers work with. */
export interface OrderHandlers extends CreateOrdersContext, PayOrderContext, CancelOrderContext, WatchOrderContext, ShippingContext {}

/** Who calls, as the rules about orders see it: admins and services see everything. */
export function callerOf(context: HandlerContext): Caller {
  const principal = principalOf(context);
  if (principal.kind === "user" && principal.role !== "admin") return { kind: "owner", userId: userIdOf(principal) };
  return principal.kind === "anonymous" ? { kind: "owner", userId: "" } : { kind: "everything" };
}

/** The user's id in lower case, as the database has it. Throws TOKEN_INVALID where it is no UUID: a service may act for an id that never came from auth. */
export function userIdOf({ userId }: UserPrincipal): string {
  if (isUuid(userId)) return userId.toLowerCase();
  throw reasonError(ErrorReason.TOKEN_INVALID, "The token's subject is not a user's id.");
}

/** The request with whose key it is; undefined where it has no request id. */
export function keyedRequest<Desc extends DescMessage>(
  context: HandlerContext,
  method: DescMethod & { readonly input: Desc },
  request: MessageShape<Desc> & { readonly requestId: string },
): KeyedRequest | undefined {
  if (request.requestId === "") return undefined;
  const scope = requestScope(principalOf(context), method);
  return { scope, requestId: request.requestId, fingerprint: requestFingerprint(method.input, request) };
}
