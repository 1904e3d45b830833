import type { BatchMetrics } from "./metrics.ts";
import type { Settled } from "./group-commit.ts";
import { settledError } from "./settled-error.ts";

/** The bounds that a service's batches have in common. */
export interface BatchLimits {
  /** Most items of one batch. */
  readonly maxBatchSize: number;
  /** Most items that wait for one; further ones are refused at once. */
  readonly maxQueued: number;
  /** Batches of one kind that run at once. */
  readonly maxInFlight: number;
  readonly metrics: BatchMetrics;
}

/**
 * The outcomes of the items of one call. `fault` makes an outcome of a cause, or throws; `isKnown`: nothing was done for the item.
 * Throws OVERLOADED, SERVICE_UNAVAILABLE or the reason of the signal where the call was not taken.
 */
export function outcomesOf<Outcome>(settled: readonly Settled<Outcome>[], fault: (cause: unknown, isKnown: boolean) => Outcome): readonly Outcome[] {
  return settled.map((each) => outcomeOf(each, fault));
}

/** As `outcomesOf` for a call with one item. */
export function outcomeOf<Outcome>(settled: Settled<Outcome>, fault: (cause: unknown, isKnown: boolean) => Outcome): Outcome {
  switch (settled.kind) {
    case "done":
      return settled.outcome;
    case "failed":
      return fault(settled.cause, true);
    case "unknown":
      return fault(settled.cause, false);
    case "overloaded":
    case "aborted":
    case "stopped":
      throw settledError(settled);
  }
}

/** For `outcomesOf`, where a fault of one item is the fault of the call. */
export function rethrow(cause: unknown): never {
  throw cause;
}
