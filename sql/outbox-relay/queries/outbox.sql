-- Names the schema whose outbox the rest of the transaction means.
-- name: SetSearchPath :exec
SELECT set_config('search_path', @schema_name::text, true);

-- Looks at what is unpublished from this transaction on. Transactions before `horizon` have all finished, and their rows are all
-- visible. `first_position` is the lowest position before the horizon, 0 where there is no row. `waiting` says that rows exist beyond
-- it, which become readable when an older transaction ends. `oldest_age_seconds` is the age of the oldest row, 0 where there is none.
-- name: GetHorizon :one
SELECT
  h.horizon::bigint AS horizon,
  coalesce((SELECT min(o.position) FROM outbox o WHERE o.transaction_id >= @transaction_id::bigint AND o.transaction_id < h.horizon), 0)::bigint AS first_position,
  EXISTS (SELECT 1 FROM outbox o WHERE o.transaction_id >= h.horizon) AS waiting,
  coalesce((
    SELECT extract(epoch FROM clock_timestamp() - o.create_time)
    FROM outbox o WHERE o.transaction_id >= @transaction_id::bigint
    ORDER BY o.transaction_id, o.position LIMIT 1), 0)::float8 AS oldest_age_seconds
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon) h;

-- The next rows of a window, in order of position. The `+ 0` keeps the planner on the primary key, where a window is one dense
-- stretch: by the transaction index, each batch of a long backlog would sort the whole of it again.
-- name: ListWindow :many
SELECT position, event_id, subject, payload, headers
FROM outbox
WHERE position > @after_position::bigint
  AND transaction_id + 0 >= @transaction_id::bigint
  AND transaction_id + 0 < @window_end::bigint
ORDER BY position
LIMIT @max_rows::int;

-- The first transaction id that the database server has not assigned yet.
-- name: GetNextTransactionId :one
SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next_transaction_id;

-- Rows stamped by another database server: their transaction ids lie in this one's future.
-- name: ListForeignRows :many
SELECT position, event_id, subject, payload, headers
FROM outbox
WHERE transaction_id >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
ORDER BY position
LIMIT @max_rows::int;

-- Deletes rows by position.
-- name: DeleteRows :execrows
DELETE FROM outbox
WHERE position = ANY (@positions::bigint[]);

-- Deletes published rows that are old enough, among the oldest `max_rows`. Looks at no more than these, so that it costs nothing
-- where nothing is old enough.
-- name: DeletePublished :execrows
DELETE FROM outbox
WHERE position IN (
  SELECT oldest.position
  FROM (
    SELECT o.position, o.create_time
    FROM outbox o
    WHERE o.transaction_id < (SELECT c.transaction_id FROM relay.cursors c WHERE c.source = @source)
    ORDER BY o.transaction_id, o.position
    LIMIT @max_rows::int
  ) AS oldest
  WHERE oldest.create_time < now() - make_interval(secs => @retention_seconds::float8)
);
