import { isDataError } from "@flashdeal/runtime/database";
import type { ReservationStrategy } from "../domain/ports.ts";
import type { ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";
import { reserveBatch, type ReserveBatchOptions } from "./reserve-batch.ts";

/**
 * Reserves under row locks, the classic way: each call is one transaction that locks the stock rows that its deals sell
 * (SELECT … FOR UPDATE). Whoever wants the same key waits in the database.
 */
export function createRowLockStrategy(options: ReserveBatchOptions): ReservationStrategy {
  return {
    name: "row-lock",
    reserve: (entries, signal) => reserveApart(options, entries, signal),
    drain: async () => {},
  };
}

/** Where the database refuses the data of a call, halves are tried apart, so that the entry at fault fails alone. */
async function reserveApart(
  options: ReserveBatchOptions,
  entries: readonly ReserveEntry[],
  signal: AbortSignal | undefined,
): Promise<readonly ReserveOutcome[]> {
  try {
    return await reserveBatch(options, entries, signal);
  } catch (cause) {
    if (!isDataError(cause)) throw cause;
    if (entries.length === 1) return [{ kind: "failed", cause }];
    const middle = Math.ceil(entries.length / 2);
    const first = await reserveApart(options, entries.slice(0, middle), signal);
    return [...first, ...(await reserveApart(options, entries.slice(middle), signal))];
  }
}
