-- name: InsertStocks :execrows
INSERT INTO orders.stocks (item_id, available, note)
SELECT t.item_id, t.available, t.note
FROM unnest(@item_ids::text[], @availables::bigint[], sqlc.narg(notes)::text[]) AS t (item_id, available, note);

-- name: LockStocks :many
SELECT item_id, available, version, note
FROM orders.stocks
WHERE item_id = ANY (@item_ids::text[])
ORDER BY item_id
FOR UPDATE;

-- Applies the deltas; the ordinal is the position in the input, from 1.
-- name: ApplyDeltas :many
UPDATE orders.stocks s
SET available = s.available + t.delta, version = s.version + 1
FROM unnest(@item_ids::text[], @deltas::bigint[]) WITH ORDINALITY AS t (item_id, delta, ordinal)
WHERE s.item_id = t.item_id
RETURNING s.item_id, s.available, s.version, t.ordinal::int AS ordinal;

-- Nullable: version
-- name: GetNewestVersion :one
SELECT max(version)::bigint AS version, coalesce(sum(available), 0)::bigint AS available, count(*) AS stocks
FROM orders.stocks
WHERE item_id = ANY (@item_ids::text[]);

-- name: NotifyStocks :exec
SELECT pg_notify('stocks', @payload::text);

-- A reserved word as a name.
-- name: Delete :execrows
DELETE FROM orders.stocks WHERE item_id = @function;

-- name: CountStocks :one
SELECT count(*) AS stocks FROM orders.stocks;
