-- Makes sure that the source has a cursor; a new one stands before every row.
-- name: InsertCursor :exec
INSERT INTO relay.cursors (source, published, window_end, position)
VALUES (@source, sqlc.arg(published), sqlc.arg(published), 0)
ON CONFLICT (source) DO NOTHING;

-- How far a source is published.
-- name: GetCursor :one
SELECT published, window_end, position
FROM relay.cursors
WHERE source = @source;

-- Moves the cursor from where this relay left it. Changes no row when another relay has moved it: that one leads now.
-- name: UpdateCursor :execrows
UPDATE relay.cursors
SET published = @published, window_end = @window_end, position = @position, update_time = now()
WHERE source = @source
  AND published = @expected_published
  AND window_end = @expected_window_end
  AND position = @expected_position;

-- Whether a snapshot reaches into the future of this database server: it then comes from another one.
-- name: IsForeignSnapshot :one
SELECT (pg_snapshot_xmax(sqlc.arg(snapshot)::text::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot()))::bool AS is_foreign;
