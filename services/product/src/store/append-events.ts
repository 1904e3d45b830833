import type { Transaction } from "@flashdeal/runtime/database";
import type { OutboxRow } from "@flashdeal/runtime/outbox";
import { insertOutboxEvents } from "./gen/messaging.sql.ts";

/** Adds events to the outbox in the transaction of the change that they tell of. */
export async function appendEvents(tx: Transaction, rows: readonly OutboxRow[], createTime: Date): Promise<void> {
  if (rows.length === 0) return;
  await insertOutboxEvents(tx, {
    createTime,
    eventIds: rows.map((row) => row.eventId),
    subjects: rows.map((row) => row.subject),
    aggregateKeys: rows.map((row) => row.aggregateKey),
    payloads: rows.map((row) => row.payload),
    headers: rows.map((row) => row.headers),
  });
}
