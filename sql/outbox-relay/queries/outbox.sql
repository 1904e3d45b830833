-- Names the schema whose outbox the rest of the transaction means.
-- name: SetSearchPath :exec
SELECT set_config('search_path', @schema_name::text, true);

-- The first rows that this statement sees and the snapshot `published` did not, in order of position; `snapshot` is what it sees.
-- Transactions before the snapshot's oldest running one need no look. The `+ 0` keeps the planner on the transaction
-- index: by the primary key it would walk through all that is kept.
-- name: ListNewRows :many
SELECT
  position, event_id, subject, payload, headers,
  extract(epoch FROM clock_timestamp() - create_time)::float8 AS age_seconds,
  pg_current_snapshot()::text AS snapshot
FROM outbox
WHERE transaction_id >= pg_snapshot_xmin(sqlc.arg(published)::text::pg_snapshot)::text::bigint
  AND NOT pg_visible_in_snapshot(transaction_id::text::xid8, sqlc.arg(published)::text::pg_snapshot)
  AND pg_visible_in_snapshot(transaction_id::text::xid8, pg_current_snapshot())
ORDER BY position + 0
LIMIT @max_rows::int;

-- Further rows of an open window, in order of position. The `+ 0` keeps the planner on the primary key, where a backlog is one
-- dense stretch: by the transaction index, each batch would sort the whole of it again.
-- name: ListWindowRows :many
SELECT position, event_id, subject, payload, headers
FROM outbox
WHERE position > @after_position::bigint
  AND transaction_id + 0 >= pg_snapshot_xmin(sqlc.arg(published)::text::pg_snapshot)::text::bigint
  AND NOT pg_visible_in_snapshot(transaction_id::text::xid8, sqlc.arg(published)::text::pg_snapshot)
  AND pg_visible_in_snapshot(transaction_id::text::xid8, sqlc.arg(window_end)::text::pg_snapshot)
ORDER BY position
LIMIT @max_rows::int;

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
    WHERE o.transaction_id < (
      SELECT pg_snapshot_xmin(c.published::pg_snapshot)::text::bigint FROM relay.cursors c WHERE c.source = @source)
    ORDER BY o.transaction_id, o.position
    LIMIT @max_rows::int
  ) AS oldest
  WHERE oldest.create_time < now() - make_interval(secs => @retention_seconds::float8)
);
