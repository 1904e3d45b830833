import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { OrderSchema } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { Queryable } from "@flashdeal/runtime/database";
import { requestResultTtlMs } from "@flashdeal/runtime/idempotency";
import { requestKey } from "../domain/running-requests.ts";
import type { Order } from "../domain/order.ts";
import { orderFromMessage, orderToMessage } from "../message/order-message.ts";
import type { KeyedRequest, RequestRecord, RequestScope } from "../domain/ports.ts";
import { insertRecords, listRecords, upsertRecordResponse } from "./gen/idempotency.sql.ts";

/** The rows that make requests repeatable. They live for 24 h. */

/** Where a record's time is over. */
export function oldestTime(now: Date): Date {
  return new Date(now.getTime() - requestResultTtlMs);
}

/** Finds the records of requests, by `requestKey`. */
export async function findRecords(db: Queryable, requests: readonly RequestScope[], now: Date): Promise<ReadonlyMap<string, RequestRecord>> {
  const rows = await listRecords(db, {
    scopes: requests.map(({ scope }) => scope),
    requestIds: requests.map(({ requestId }) => requestId),
    oldestTime: oldestTime(now),
  });
  return new Map(rows.map((row) => [requestKey(row), { fingerprint: row.fingerprint, answer: row.response === null ? undefined : decode(row.response) }]));
}

/** Stores records; answers how many were free. */
export async function addRecords(
  db: Queryable,
  entries: readonly { readonly request: KeyedRequest; readonly answer: Order | undefined }[],
  now: Date,
): Promise<number> {
  const rows = await insertRecords(db, {
    scopes: entries.map(({ request }) => request.scope),
    requestIds: entries.map(({ request }) => request.requestId),
    fingerprints: entries.map(({ request }) => request.fingerprint),
    responses: entries.map(({ answer }) => (answer === undefined ? new Uint8Array() : encode(answer))),
    createTime: now,
    oldestTime: oldestTime(now),
  });
  return rows.length;
}

/** Keeps the answer of a request; the first one stays. */
export async function saveAnswer(db: Queryable, { scope, requestId, fingerprint }: KeyedRequest, answer: Order, now: Date): Promise<void> {
  await upsertRecordResponse(db, { scope, requestId, fingerprint, response: encode(answer), createTime: now });
}

function encode(order: Order): Uint8Array {
  return toBinary(OrderSchema, orderToMessage(order));
}

function decode(bytes: Uint8Array): Order {
  return orderFromMessage(fromBinary(OrderSchema, bytes));
}
