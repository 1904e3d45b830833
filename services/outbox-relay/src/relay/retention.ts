import type { Logger } from "@flashdeal/runtime/telemetry";
import type { OutboxSource } from "../store/outbox-source.ts";
import type { RelayMetrics } from "./metrics.ts";
import { pause } from "./pause.ts";

/** How long published rows are kept. */
export interface RetentionOptions {
  /** Age from which on a published row is deleted. */
  readonly retentionMs: number;
  /** Pause between two sweeps. */
  readonly sweepMs: number;
  /** Most rows deleted by one statement. */
  readonly sweepBatchSize: number;
}

/** What the sweep works on. */
export interface DeleteOldRowsOptions {
  readonly source: string;
  readonly outbox: OutboxSource;
  readonly metrics: RelayMetrics;
  readonly retention: RetentionOptions;
  readonly log: Logger;
}

/** Deletes old published rows, sweep after sweep, until the signal fires. An unpublished row is never deleted, however old. Never rejects. */
export async function deleteOldRows(options: DeleteOldRowsOptions, signal: AbortSignal): Promise<void> {
  const { source, outbox, metrics, log } = options;
  const { retentionMs, sweepMs, sweepBatchSize } = options.retention;
  while (!signal.aborted) {
    try {
      for (let deleted = sweepBatchSize; deleted === sweepBatchSize && !signal.aborted; ) {
        deleted = await outbox.deletePublished(retentionMs, sweepBatchSize);
        metrics.deleted(source, deleted);
      }
    } catch (error) {
      log.warn({ source, err: error }, "old outbox rows were not deleted");
    }
    await pause(sweepMs, signal);
  }
}
