-- Makes sure that the source has a cursor; a new one stands before every row.
-- name: InsertCursor :exec
INSERT INTO relay.cursors (source, transaction_id, window_end, position)
VALUES (@source, 0, 0, 0)
ON CONFLICT (source) DO NOTHING;

-- How far a source is published.
-- name: GetCursor :one
SELECT transaction_id, window_end, position
FROM relay.cursors
WHERE source = @source;

-- Moves the cursor from where this relay left it. Changes no row when another relay has moved it: that one leads now.
-- name: UpdateCursor :execrows
UPDATE relay.cursors
SET transaction_id = @transaction_id, window_end = @window_end, position = @position, update_time = now()
WHERE source = @source
  AND transaction_id = @expected_transaction_id
  AND window_end = @expected_window_end
  AND position = @expected_position;
