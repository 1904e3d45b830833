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

/** How the answer of a method is kept. */
export interface AnswerCodec<Answer> {
  encode(answer: Answer): Uint8Array;
  decode(bytes: Uint8Array): Answer;
}

/** Orders are kept in the contract's form. */
export const orderCodec: AnswerCodec<Order> = {
  encode: (order) => toBinary(OrderSchema, orderToMessage(order)),
  decode: (bytes) => orderFromMessage(fromBinary(OrderSchema, bytes)),
};

/** Finds the records of requests, by `requestKey`. */
export async function findRecords<Answer>(
  db: Queryable,
  codec: AnswerCodec<Answer>,
  requests: readonly RequestScope[],
  now: Date,
): Promise<ReadonlyMap<string, RequestRecord<Answer>>> {
  const rows = await listRecords(db, {
    scopes: requests.map(({ scope }) => scope),
    requestIds: requests.map(({ requestId }) => requestId),
    oldestTime: oldestTime(now),
  });
  return new Map(
    rows.map(({ fingerprint, response, ...scope }) => [requestKey(scope), { fingerprint, answer: response === null ? undefined : codec.decode(response) }]),
  );
}

/** Stores records; answers how many were free. */
export async function addRecords(
  db: Queryable,
  entries: readonly { readonly request: KeyedRequest; readonly response: Uint8Array | undefined }[],
  now: Date,
): Promise<number> {
  const rows = await insertRecords(db, {
    scopes: entries.map(({ request }) => request.scope),
    requestIds: entries.map(({ request }) => request.requestId),
    fingerprints: entries.map(({ request }) => request.fingerprint),
    responses: entries.map(({ response }) => response ?? new Uint8Array()),
    createTime: now,
    oldestTime: oldestTime(now),
  });
  return rows.length;
}

/** Keeps the answer of a request; the first one stays. */
export async function saveAnswer(db: Queryable, { scope, requestId, fingerprint }: KeyedRequest, answer: Order, now: Date): Promise<void> {
  await upsertRecordResponse(db, { scope, requestId, fingerprint, response: orderCodec.encode(answer), createTime: now });
}
