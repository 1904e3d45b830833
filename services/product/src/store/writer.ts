import { createHash, timingSafeEqual } from "node:crypto";
import type { Database, Transaction } from "@flashdeal/runtime/database";
import { requestResultTtlMs } from "@flashdeal/runtime/idempotency";
import type { AnswerCodec, Clock, KeyedCall, WriteOutcome, Writer, WriteSession } from "../domain/ports.ts";
import { createDealWrites } from "./deal-writes.ts";
import { getIdempotencyRecord, tryRequestLock, upsertIdempotencyRecord } from "./gen/messaging.sql.ts";
import { createProductWrites } from "./product-writes.ts";
import { createRepairWrites } from "./repair-writes.ts";
import { createStockWrites } from "./stock-writes.ts";

/** Writes in Postgres. A keyed call holds an advisory lock while it runs, so that its twin learns at once that it does. */
export function createWriter({ database, clock }: { readonly database: Database; readonly clock: Clock }): Writer {
  return {
    writeOnce: (work) => database.transaction((tx) => work(createSession(tx, clock))),
    write<T>(call: KeyedCall | undefined, codec: AnswerCodec<T>, work: (session: WriteSession) => Promise<T>): Promise<WriteOutcome<T>> {
      return database.transaction(async (tx) => {
        const earlier = call === undefined ? undefined : await findAnswer(tx, call, clock.now());
        if (earlier instanceof Uint8Array) return { kind: "done", answer: codec.decode(earlier) };
        if (earlier !== undefined) return { kind: earlier };
        const answer = await work(createSession(tx, clock));
        if (call !== undefined) await keepAnswer(tx, call, codec.encode(answer), clock.now());
        return { kind: "done", answer };
      });
    },
  };
}

function createSession(tx: Transaction, clock: Clock): WriteSession {
  return { ...createProductWrites(tx, clock), ...createDealWrites(tx, clock), ...createStockWrites(tx, clock), ...createRepairWrites(tx, clock) };
}

/** The first call's answer, why there is none to give, or undefined where this is the first call. */
async function findAnswer(
  tx: Transaction,
  { scope, requestId, fingerprint }: KeyedCall,
  now: Date,
): Promise<Uint8Array | "request-id-reused" | "request-in-progress" | undefined> {
  const claim = await tryRequestLock(tx, { key: lockKey(scope, requestId) });
  if (claim?.locked !== true) return "request-in-progress";
  const record = await getIdempotencyRecord(tx, { scope, requestId, now });
  if (record === undefined) return undefined;
  const same = record.fingerprint.length === fingerprint.length && timingSafeEqual(record.fingerprint, fingerprint);
  return same ? record.response : "request-id-reused";
}

async function keepAnswer(tx: Transaction, { scope, requestId, fingerprint }: KeyedCall, response: Uint8Array, now: Date): Promise<void> {
  const expireTime = new Date(now.getTime() + requestResultTtlMs);
  await upsertIdempotencyRecord(tx, { scope, requestId, fingerprint, response, expireTime });
}

function lockKey(scope: string, requestId: string): bigint {
  return createHash("sha256").update(`product ${scope} ${requestId}`).digest().readBigInt64BE();
}
