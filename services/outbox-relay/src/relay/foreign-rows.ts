import type { Logger } from "@flashdeal/runtime/telemetry";
import { firstCursor, type OutboxSource } from "../store/outbox-source.ts";
import type { Publisher } from "./publisher.ts";

/** What the check works on. */
export interface ForeignRowsOptions {
  readonly source: string;
  readonly outbox: OutboxSource;
  readonly publisher: Publisher;
  readonly batchSize: number;
  readonly log: Logger;
}

/**
 * Deals with a database that was restored from a dump into another server, where transaction ids start low again. Rows and
 * cursor then carry ids from the old server's life: the rows would wait for ages, and new rows would lie behind the cursor and never be
 * published. So the cursor starts anew, which publishes again what is still kept, and rows with ids that this server has
 * not reached are published in order and deleted. Consumers drop what they have seen. Runs at each start of leadership; a
 * server cannot be exchanged without the connection that holds the lock breaking.
 */
export async function adoptForeignRows(options: ForeignRowsOptions, signal: AbortSignal): Promise<void> {
  const { source, outbox, publisher, batchSize, log } = options;
  const cursor = await outbox.readCursor();
  if (await outbox.isForeign(cursor)) {
    log.error({ source, snapshot: cursor.windowEnd }, "transaction ids went backwards (a database restored from a dump?): every kept event is published again");
    if (!(await outbox.advance(cursor, firstCursor))) {
      throw new Error(`another relay has moved the cursor of ${source}`);
    }
  }
  while (!signal.aborted) {
    const rows = await outbox.readForeignRows(batchSize);
    if (rows.length === 0) return;
    log.warn({ source, rows: rows.length }, "publishing events that another database server has stamped");
    if (!(await publisher.publish(rows, signal))) return;
    await outbox.deleteRows(rows.map(({ position }) => position));
  }
}
