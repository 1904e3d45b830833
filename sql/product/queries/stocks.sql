-- Makes the key at its first receipt, empty.
-- name: InsertStock :exec
INSERT INTO product.stocks (vendor_item_id, fulfillment_center_id, on_hand, reserved, version, update_time)
VALUES (@vendor_item_id, @fulfillment_center_id, 0, 0, 0, @update_time)
ON CONFLICT (vendor_item_id, fulfillment_center_id) DO NOTHING;

-- name: GetStock :one
SELECT vendor_item_id, fulfillment_center_id, on_hand, reserved, version, update_time
FROM product.stocks
WHERE vendor_item_id = @vendor_item_id AND fulfillment_center_id = @fulfillment_center_id;

-- Locks these keys in their order.
-- name: LockStocks :many
SELECT s.vendor_item_id, s.fulfillment_center_id, s.on_hand, s.reserved, s.version
FROM product.stocks s
WHERE (s.vendor_item_id, s.fulfillment_center_id) IN (
  SELECT t.vendor_item_id, t.fulfillment_center_id
  FROM unnest(@vendor_item_ids::text[], @fulfillment_center_ids::text[]) AS t (vendor_item_id, fulfillment_center_id))
ORDER BY s.vendor_item_id, s.fulfillment_center_id
FOR UPDATE OF s;

-- Locks the keys that these deals sell, in the order of the keys.
-- name: LockStocksOfDeals :many
SELECT s.vendor_item_id, s.fulfillment_center_id, s.on_hand, s.reserved, s.version
FROM product.stocks s
WHERE (s.vendor_item_id, s.fulfillment_center_id) IN (
  SELECT d.vendor_item_id, d.fulfillment_center_id FROM product.deals d WHERE d.deal_id = ANY (@deal_ids::uuid[]))
ORDER BY s.vendor_item_id, s.fulfillment_center_id
FOR UPDATE OF s;

-- Adds the deltas, each key once, and one to each version.
-- name: UpdateStocks :many
UPDATE product.stocks s
SET on_hand = s.on_hand + t.on_hand_delta, reserved = s.reserved + t.reserved_delta, version = s.version + 1,
  update_time = @update_time::timestamptz
FROM unnest(@vendor_item_ids::text[], @fulfillment_center_ids::text[], @on_hand_deltas::bigint[], @reserved_deltas::bigint[])
  AS t (vendor_item_id, fulfillment_center_id, on_hand_delta, reserved_delta)
WHERE s.vendor_item_id = t.vendor_item_id AND s.fulfillment_center_id = t.fulfillment_center_id
RETURNING s.vendor_item_id, s.fulfillment_center_id, s.on_hand, s.reserved, s.version, s.update_time;

-- Adds movements, in the order given.
-- name: InsertMovements :exec
INSERT INTO product.stock_movements
  (movement_id, vendor_item_id, fulfillment_center_id, kind, on_hand_delta, reserved_delta, reservation_id, order_id, actor, reason, create_time)
SELECT t.movement_id, t.vendor_item_id, t.fulfillment_center_id, t.kind, t.on_hand_delta, t.reserved_delta, t.reservation_id, t.order_id,
  t.actor, t.reason, @create_time::timestamptz
FROM unnest(@movement_ids::uuid[], @vendor_item_ids::text[], @fulfillment_center_ids::text[], @kinds::product.movement_kind[],
    @on_hand_deltas::bigint[], @reserved_deltas::bigint[], sqlc.narg(reservation_ids)::uuid[], sqlc.narg(order_ids)::uuid[], @actors::text[],
    @reasons::text[])
  WITH ORDINALITY AS t (movement_id, vendor_item_id, fulfillment_center_id, kind, on_hand_delta, reserved_delta, reservation_id, order_id,
    actor, reason, ordinal)
ORDER BY t.ordinal;

-- One page of a key's movements, the newest first.
-- name: ListMovements :many
SELECT movement_id, vendor_item_id, fulfillment_center_id, position, kind, on_hand_delta, reserved_delta, reservation_id, order_id, actor,
  reason, create_time
FROM product.stock_movements
WHERE vendor_item_id = @vendor_item_id AND fulfillment_center_id = @fulfillment_center_id
  AND (sqlc.narg(before_position)::bigint IS NULL OR position < sqlc.narg(before_position)::bigint)
  AND (sqlc.narg(kind)::product.movement_kind IS NULL OR kind = sqlc.narg(kind)::product.movement_kind)
ORDER BY position DESC
LIMIT @max_rows::int;

-- name: GetMovementSums :one
SELECT coalesce(sum(on_hand_delta), 0)::bigint AS on_hand_sum, coalesce(sum(reserved_delta), 0)::bigint AS reserved_sum
FROM product.stock_movements
WHERE vendor_item_id = @vendor_item_id AND fulfillment_center_id = @fulfillment_center_id;
