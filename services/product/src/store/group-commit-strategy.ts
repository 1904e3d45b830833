import type { ReservationStrategy } from "../domain/ports.ts";
import type { ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";
import { createBatches, outcomesOf, type BatchLimits } from "./batching.ts";
import { reserveBatch, type ReserveBatchOptions } from "./reserve-batch.ts";

/**
 * Reserves by group commit: the entries of concurrent calls are gathered while the last batch is in flight, and decided first
 * come first served in one transaction. However many want one key, it is locked once per batch.
 */
export function createGroupCommitStrategy(options: ReserveBatchOptions & { readonly limits: BatchLimits }): ReservationStrategy {
  const batches = createBatches<ReserveEntry, ReserveOutcome>("product-reserve", options.limits, (entries, signal) =>
    reserveBatch(options, entries, signal),
  );
  return {
    name: "group-commit",
    async reserve(entries, signal) {
      return outcomesOf(await batches.submitAll(entries, signal), (cause) => ({ kind: "failed", cause }));
    },
    drain: () => batches.drain(),
  };
}
