import { isDataError } from "@flashdeal/runtime/database";
import { createGroupCommit, outcomesOf, type BatchLimits } from "@flashdeal/runtime/group-commit";
import type { ReservationStrategy } from "../domain/ports.ts";
import type { ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";
import { reserveBatch, type ReserveBatchOptions } from "./reserve-batch.ts";

/**
 * Reserves by group commit: the entries of concurrent calls are gathered while the last batch is in flight, and decided first
 * come first served in one transaction. However many want one key, it is locked once per batch.
 */
export function createGroupCommitStrategy(options: ReserveBatchOptions & { readonly limits: BatchLimits }): ReservationStrategy {
  const batches = createGroupCommit<ReserveEntry, ReserveOutcome>({
    ...options.limits,
    name: "product-reserve",
    run: (entries, signal, turn) => reserveBatch(options, entries, signal, turn),
    isItemFault: isDataError,
  });
  return {
    name: "group-commit",
    async reserve(entries, signal) {
      return outcomesOf(await batches.submitAll(entries, signal), failed);
    },
    drain: () => batches.drain(),
  };
}

/** An entry that the database refuses fails alone; where nothing is known, the whole call rejects. */
function failed(cause: unknown, isKnown: boolean): ReserveOutcome {
  if (!isKnown) throw cause;
  return { kind: "failed", cause };
}
