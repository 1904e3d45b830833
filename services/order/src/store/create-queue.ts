import { isDataError } from "@flashdeal/runtime/database";
import { createGroupCommit, outcomeOf, outcomesOf, type BatchLimits, type Settled } from "@flashdeal/runtime/group-commit";
import { createBatch, type CreateBatchContext, type CreateOrderCommand, type CreateOrderOutcome, type CreateQueue } from "../domain/create-orders.ts";

/** Of a full batch, this much must wait before a batch leaves beside another one. */
const concurrentFill = 0.4;

/**
 * Group commit of new orders: CreateOrder and BatchCreateOrders share one queue. With more than one batch in flight, one reserves
 * while another is stored.
 */
export function createCreateQueue(context: CreateBatchContext, limits: BatchLimits): CreateQueue & { drain(): Promise<void> } {
  const batches = createGroupCommit<CreateOrderCommand, CreateOrderOutcome>({
    ...limits,
    name: "order-create",
    minConcurrentSize: Math.ceil(limits.maxBatchSize * concurrentFill),
    run: (commands, _signal, turn) => createBatch({ ...context, turn }, commands),
    isItemFault: isDataError,
  });
  return {
    submit: (command, signal) => batches.submit(command, signal).then(toOutcome),
    submitAll: (commands, signal) => batches.submitAll(commands, signal).then((settled) => outcomesOf(settled, failed)),
    drain: () => batches.drain(),
  };
}

function toOutcome(settled: Settled<CreateOrderOutcome>): CreateOrderOutcome {
  return outcomeOf(settled, failed);
}

function failed(cause: unknown): CreateOrderOutcome {
  return { kind: "failed", cause };
}
