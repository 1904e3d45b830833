import type { Clock } from "../domain/ports.ts";

/** What can be forgotten; answers how many rows are gone. */
export interface Forgettable {
  deleteAnswers(now: Date, maxRows: number): Promise<number>;
  deleteHandledEvents(before: Date, maxRows: number): Promise<number>;
}

/** What the clean-up goes by. */
export interface CleanupOptions {
  readonly housekeeping: Forgettable;
  readonly clock: Clock;
  /** How long the inbox remembers an event: longer than any stream could bring it again. */
  readonly inboxRetentionMs: number;
  /** Rows deleted at once. */
  readonly batchSize: number;
}

/** Deletes answers of keyed calls and inbox rows whose time is up, in small steps. */
export async function cleanUp({ housekeeping, clock, inboxRetentionMs, batchSize }: CleanupOptions, signal: AbortSignal): Promise<void> {
  const now = clock.now();
  const before = new Date(now.getTime() - inboxRetentionMs);
  while (!signal.aborted && (await housekeeping.deleteAnswers(now, batchSize)) === batchSize);
  while (!signal.aborted && (await housekeeping.deleteHandledEvents(before, batchSize)) === batchSize);
}
