-- Finds records by scope and request id, but those that are past their time.
-- name: ListRecords :many
SELECT r.scope, r.request_id, r.fingerprint, r.response
FROM orders.idempotency_records r
JOIN unnest(@scopes::text[], @request_ids::text[]) AS t (scope, request_id)
  ON r.scope = t.scope AND r.request_id = t.request_id
WHERE r.create_time > @oldest_time;

-- Stores records, taking the place of those that are past their time. An empty response is stored as null. Answers the request
-- ids that were free.
-- name: InsertRecords :many
INSERT INTO orders.idempotency_records (scope, request_id, fingerprint, response, create_time)
SELECT t.scope, t.request_id, t.fingerprint, NULLIF(t.response, ''::bytea), @create_time
FROM unnest(@scopes::text[], @request_ids::text[], @fingerprints::bytea[], @responses::bytea[])
  AS t (scope, request_id, fingerprint, response)
ORDER BY t.scope, t.request_id
ON CONFLICT (scope, request_id) DO UPDATE
SET fingerprint = excluded.fingerprint, response = excluded.response, create_time = excluded.create_time
WHERE idempotency_records.create_time <= @oldest_time::timestamptz
RETURNING scope, request_id;

-- Keeps the answers of calls that have finished; the first one stays. Stores the record where there is none. Each request once, in the
-- order of their keys, so that two batches never wait for each other.
-- name: UpsertRecordResponses :exec
INSERT INTO orders.idempotency_records AS r (scope, request_id, fingerprint, response, create_time)
SELECT t.scope, t.request_id, t.fingerprint, t.response, @create_time::timestamptz
FROM unnest(@scopes::text[], @request_ids::text[], @fingerprints::bytea[], @responses::bytea[]) AS t (scope, request_id, fingerprint, response)
ORDER BY t.scope, t.request_id
ON CONFLICT (scope, request_id) DO UPDATE
SET response = excluded.response
WHERE r.response IS NULL AND r.fingerprint = excluded.fingerprint;

-- Deletes up to `max_rows` records that are past their time.
-- name: DeleteRecords :execrows
DELETE FROM orders.idempotency_records
WHERE ctid IN (
  SELECT r.ctid FROM orders.idempotency_records r WHERE r.create_time <= @oldest_time LIMIT @max_rows::int FOR UPDATE SKIP LOCKED);
