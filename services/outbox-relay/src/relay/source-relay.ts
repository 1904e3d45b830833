import type { Database } from "@flashdeal/runtime/database";
import type { Background } from "@flashdeal/runtime/lifecycle";
import type { Logger } from "@flashdeal/runtime/telemetry";
import type { Cursor, OutboxSource } from "../store/outbox-source.ts";
import { adoptForeignRows } from "./foreign-rows.ts";
import { runAsLeader } from "./leader.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { BackoffOptions } from "./pause.ts";
import type { Publisher } from "./publisher.ts";
import { deleteOldRows, type RetentionOptions } from "./retention.ts";
import { createWakeup, type Wakeup } from "./wakeup.ts";

/** One source's relay: what it works on and its limits. */
export interface SourceRelayOptions {
  /** The schema. */
  readonly source: string;
  readonly outbox: OutboxSource;
  readonly database: Database;
  readonly publisher: Publisher;
  readonly metrics: RelayMetrics;
  readonly log: Logger;
  /** Most rows read and published at once. */
  readonly batchSize: number;
  /** Longest time without a look at the outbox, whatever notifications say. */
  readonly pollMs: number;
  /** How often a process that does not lead tries to. */
  readonly leaderRetryMs: number;
  readonly backoff: BackoffOptions;
  readonly retention: RetentionOptions;
}

/** The channel on which writers of outbox rows NOTIFY, with the schema as payload. */
const outboxChannel = "outbox";

/**
 * Publishes one source while this process leads it. At least once: a crash between publishing and moving the cursor publishes
 * the batch again, with the same event ids. `drain` finishes the batch that is under way.
 */
export function createSourceRelay(options: SourceRelayOptions): Background {
  const { source, database, metrics, log } = options;
  const stop = new AbortController();
  let running = Promise.resolve();
  return {
    name: `outbox-relay ${source}`,
    async start() {
      const election = {
        source,
        database,
        log,
        retryMs: options.leaderRetryMs,
        backoff: options.backoff,
        onChange: (leads: boolean) => metrics.leading(source, leads),
      };
      running = runAsLeader(election, stop.signal, (signal) => lead(options, signal));
    },
    async drain() {
      stop.abort();
      await running;
    },
  };
}

async function lead(options: SourceRelayOptions, leaderSignal: AbortSignal): Promise<void> {
  const { source, database } = options;
  const wakeup = createWakeup();
  const failure = new AbortController();
  const signal = AbortSignal.any([leaderSignal, failure.signal]);
  const unlisten = await database.listen(outboxChannel, (payload) => {
    if (payload === undefined || payload === source) wakeup.wake();
  });
  let retention = Promise.resolve();
  try {
    await adoptForeignRows(options, signal);
    // Not before: a cursor from another server's life would call rows published that are not.
    retention = deleteOldRows(options, signal);
    await relayRows(options, wakeup, signal);
  } finally {
    failure.abort();
    await retention;
    await unlisten();
  }
}

async function relayRows(options: SourceRelayOptions, wakeup: Wakeup, signal: AbortSignal): Promise<void> {
  let cursor = await options.outbox.readCursor();
  while (!signal.aborted) {
    const next = await relayBatch(options, cursor, signal);
    if (next === cursor) await wakeup.wait(options.pollMs, signal);
    cursor = next;
  }
}

/** Publishes the rows that follow the cursor, and answers where it stands then: where it stood, if there was nothing to do. */
async function relayBatch(options: SourceRelayOptions, cursor: Cursor, signal: AbortSignal): Promise<Cursor> {
  const { source, outbox, publisher, metrics, batchSize } = options;
  const { rows, next, oldestAgeSeconds } = await outbox.readBatch(cursor, batchSize);
  if (oldestAgeSeconds !== undefined) metrics.oldestUnpublished(source, oldestAgeSeconds);
  if (next === cursor || !(await publisher.publish(rows, signal))) return cursor;
  // Also after the signal has fired: what is published need not be published again. The comparison inside keeps a relay
  // that has lost its lock from moving the new leader's cursor.
  if (!(await outbox.advance(cursor, next))) throw new Error(`another relay has moved the cursor of ${source}`);
  return next;
}
