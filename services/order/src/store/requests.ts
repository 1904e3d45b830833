import { fromBinary } from "@bufbuild/protobuf";
import { OrderSchema } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { Queryable } from "@flashdeal/runtime/database";
import { requestResultTtlMs } from "@flashdeal/runtime/idempotency";
import { requestKey } from "../domain/running-requests.ts";
import type { Order } from "../domain/order.ts";
import { encodeOrder, orderFromMessage } from "../message/order-message.ts";
import type { KeyedRequest, RequestRecord, RequestScope } from "../domain/ports.ts";
import { insertRecords, listRecords, upsertRecordResponses } from "./gen/idempotency.sql.ts";

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
  encode: encodeOrder,
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

/** A request that has been answered. */
export interface AnsweredRequest {
  readonly request: KeyedRequest;
  readonly answer: Order;
}

/** Keeps the answers of requests; the first one of each stays. */
export async function saveAnswers(db: Queryable, answered: readonly AnsweredRequest[], now: Date): Promise<void> {
  const first = new Map<string, AnsweredRequest>();
  for (const each of answered) if (!first.has(requestKey(each.request))) first.set(requestKey(each.request), each);
  const distinct = [...first.values()];
  await upsertRecordResponses(db, {
    createTime: now,
    scopes: distinct.map(({ request }) => request.scope),
    requestIds: distinct.map(({ request }) => request.requestId),
    fingerprints: distinct.map(({ request }) => request.fingerprint),
    responses: distinct.map(({ answer }) => orderCodec.encode(answer)),
  });
}
