-- Finds what a keyed call answered, unless that is too long ago.
-- name: GetIdempotencyRecord :one
SELECT fingerprint, result
FROM auth.idempotency_records
WHERE caller = @caller AND method = @method AND request_id = @request_id AND expire_time > @now;

-- Keeps what a keyed call answered. Only one that has ended can be in its place.
-- name: UpsertIdempotencyRecord :exec
INSERT INTO auth.idempotency_records (caller, method, request_id, fingerprint, result, expire_time)
VALUES (@caller, @method, @request_id, @fingerprint, @result, @expire_time)
ON CONFLICT (caller, method, request_id) DO UPDATE
SET fingerprint = excluded.fingerprint, result = excluded.result, expire_time = excluded.expire_time;

-- Deletes records that have ended, at most so many.
-- name: DeleteEndedIdempotencyRecords :execrows
DELETE FROM auth.idempotency_records
WHERE ctid IN (
  SELECT r.ctid FROM auth.idempotency_records r
  WHERE r.expire_time <= @now
  ORDER BY r.expire_time
  LIMIT @max_rows::int
  FOR UPDATE SKIP LOCKED);
