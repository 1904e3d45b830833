-- Adds events to the outbox, in the order given. A trigger wakes the relay.
-- name: InsertOutboxEvents :exec
INSERT INTO product.outbox (event_id, subject, aggregate_key, payload, headers, create_time)
SELECT t.event_id, t.subject, t.aggregate_key, t.payload, t.headers, @create_time::timestamptz
FROM unnest(@event_ids::uuid[], @subjects::text[], @aggregate_keys::text[], @payloads::bytea[], @headers::jsonb[])
  WITH ORDINALITY AS t (event_id, subject, aggregate_key, payload, headers, ordinal)
ORDER BY t.ordinal;

-- Notes events as handled; answers those that were not noted before. Sorted, so that two transactions never wait for each other.
-- name: InsertInboxEvents :many
INSERT INTO product.inbox (consumer, event_id, receive_time)
SELECT @consumer::text, t.event_id, @receive_time::timestamptz
FROM unnest(@event_ids::uuid[]) AS t (event_id)
ORDER BY t.event_id
ON CONFLICT (consumer, event_id) DO NOTHING
RETURNING event_id;

-- Forgets some events that came before `before`.
-- name: DeleteInboxEvents :execrows
DELETE FROM product.inbox
WHERE ctid IN (SELECT i.ctid FROM product.inbox i WHERE i.receive_time < @before::timestamptz LIMIT @max_rows::int);

-- Whether this call is the only one of its request id now; the claim ends with the transaction.
-- name: TryRequestLock :one
SELECT pg_try_advisory_xact_lock(@key::bigint) AS locked;

-- name: GetIdempotencyRecord :one
SELECT fingerprint, response
FROM product.idempotency_records
WHERE scope = @scope AND request_id = @request_id AND expire_time > @now::timestamptz;

-- Keeps an answer, in place of one whose time is up.
-- name: UpsertIdempotencyRecord :exec
INSERT INTO product.idempotency_records (scope, request_id, fingerprint, response, expire_time)
VALUES (@scope, @request_id, @fingerprint, @response, @expire_time)
ON CONFLICT (scope, request_id) DO UPDATE
SET fingerprint = excluded.fingerprint, response = excluded.response, expire_time = excluded.expire_time;

-- Forgets some answers whose time is up.
-- name: DeleteIdempotencyRecords :execrows
DELETE FROM product.idempotency_records
WHERE ctid IN (SELECT i.ctid FROM product.idempotency_records i WHERE i.expire_time <= @now::timestamptz LIMIT @max_rows::int);
