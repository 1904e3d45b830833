import { isDataError } from "@flashdeal/runtime/database";
import { createGroupCommit, settledError, type BatchMetrics, type GroupCommit, type Settled } from "@flashdeal/runtime/group-commit";

/** The bounds of every batch of this service. */
export interface BatchLimits {
  /** Most entries of one transaction. */
  readonly maxBatchSize: number;
  /** Most entries that wait for one; further ones are refused at once. */
  readonly maxQueued: number;
  /** Transactions of one kind that run at once. */
  readonly maxInFlight: number;
  readonly metrics: BatchMetrics;
}

/** Batches of one kind, each in a transaction that `run` makes. Bad data fails the entry that brings it, and no other. */
export function createBatches<Item, Outcome>(
  name: string,
  limits: BatchLimits,
  run: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Outcome[]>,
): GroupCommit<Item, Outcome> {
  return createGroupCommit({ ...limits, name, run, isItemFault: isDataError });
}

/** The outcomes of a call. Throws where one of them is not known, or where the call was not taken. */
export function outcomesOf<Outcome>(settled: readonly Settled<Outcome>[], failed: (cause: unknown) => Outcome): readonly Outcome[] {
  return settled.map((each) => {
    switch (each.kind) {
      case "done":
        return each.outcome;
      case "failed":
        return failed(each.cause);
      case "unknown":
        throw each.cause;
      case "overloaded":
      case "aborted":
      case "stopped":
        throw settledError(each);
    }
  });
}
