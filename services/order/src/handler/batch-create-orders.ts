import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import {
  BatchCreateOrdersResultSchema,
  CreateOrderRequestSchema,
  type BatchCreateOrdersEntry,
  type BatchCreateOrdersResult,
  type OrderService,
} from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { StatusSchema } from "@flashdeal/proto/google/rpc/status_pb";
import { completeError } from "@flashdeal/runtime/errors";
import { checkMessage, createContractValidator } from "@flashdeal/runtime/rpc";
import { createOrders, type CreateOrderCommand, type CreateOrderOutcome } from "../domain/create-orders.ts";
import { orderToMessage } from "../message/order-message.ts";
import type { OrderHandlers } from "./context.ts";
import { toCommand } from "./create-order.ts";
import { outcomeError } from "./errors.ts";

/** BatchCreateOrders: each entry is checked by itself, the good ones go through CreateOrder's path together. */
export function batchCreateOrders(handlers: OrderHandlers): MethodImpl<typeof OrderService.method.batchCreateOrders> {
  const validator = createContractValidator();
  const read = (entry: BatchCreateOrdersEntry): CreateOrderCommand => {
    const request = entry.request ?? create(CreateOrderRequestSchema);
    checkMessage(validator, CreateOrderRequestSchema, request);
    return toCommand({ kind: "user", userId: entry.userId, role: "customer" }, request);
  };
  return async ({ entries }, context) => {
    const failed = (error: unknown) => failedResult(handlers, context, error);
    const checked = entries.map((entry) => attempt(() => read(entry)));
    const commands = checked.flatMap((result) => ("value" in result ? [result.value] : []));
    const outcomes = (await createOrders(handlers, commands, context.signal)).values();
    return {
      results: checked.map((result) => ("error" in result ? failed(result.error) : toResult(outcomes.next().value, failed))),
    };
  };
}

type Attempt<T> = { readonly value: T } | { readonly error: unknown };

function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

function toResult(outcome: CreateOrderOutcome | undefined, failed: (error: unknown) => BatchCreateOrdersResult): BatchCreateOrdersResult {
  if (outcome === undefined) return failed(new Error("an entry has no outcome"));
  if (outcome.kind === "created") {
    return create(BatchCreateOrdersResultSchema, { outcome: { case: "response", value: { order: orderToMessage(outcome.order) } } });
  }
  const error = attempt(() => outcomeError(outcome));
  return failed("value" in error ? error.value : error.error);
}

/** The error that CreateOrder would have failed with. A fault goes to the log, as it would there. */
function failedResult(handlers: OrderHandlers, context: HandlerContext, thrown: unknown): BatchCreateOrdersResult {
  const { error, fault } = completeError(thrown, context);
  if (fault !== undefined) handlers.log.error({ err: fault }, "an entry of a batch failed");
  const details = error.details.flatMap((detail) => ("desc" in detail ? [anyPack(detail.desc, create(detail.desc, detail.value))] : []));
  const value = create(StatusSchema, { code: error.code, message: error.rawMessage, details });
  return create(BatchCreateOrdersResultSchema, { outcome: { case: "error", value } });
}
