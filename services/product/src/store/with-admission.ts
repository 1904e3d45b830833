import { createBatchRate, settledError } from "@flashdeal/runtime/group-commit";
import type { ReservationStrategy } from "../domain/ports.ts";

/**
 * A strategy without a queue of its own, bounded as those with one are: a call that would make more than `maxEntries` be decided or wait at once
 * is refused with OVERLOADED (one call alone never is), and a drain takes nothing new and waits for what is being decided.
 */
export function withAdmission(strategy: ReservationStrategy, maxEntries: number): ReservationStrategy {
  const running = new Set<Promise<unknown>>();
  const rate = createBatchRate();
  let entriesInside = 0;
  let drained: Promise<void> | undefined;
  return {
    ...strategy,
    async reserve(entries, signal) {
      if (drained !== undefined) throw settledError({ kind: "stopped" });
      if (entriesInside > 0 && entriesInside + entries.length > maxEntries) {
        throw settledError({ kind: "overloaded", retryAfterMs: rate.estimateMs(1) });
      }
      entriesInside += entries.length;
      const startMs = performance.now();
      const work = strategy.reserve(entries, signal);
      running.add(work);
      try {
        return await work;
      } finally {
        running.delete(work);
        entriesInside -= entries.length;
        rate.note(1, performance.now() - startMs);
      }
    },
    drain: () => (drained ??= Promise.allSettled(running).then(() => strategy.drain())),
  };
}
