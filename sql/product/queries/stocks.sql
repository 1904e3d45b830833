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

-- The deals with the state of the keys that they sell, which are locked in the order of the keys. Where a key has no stock row, or
-- the deal is another batch's, its counts are -1. The array comes by a sub-select: seeing how short it is, Postgres would plan anew each time.
-- name: LockStocksOfDeals :many
WITH locked AS MATERIALIZED (
  SELECT s.vendor_item_id, s.fulfillment_center_id, s.on_hand, s.reserved, s.version
  FROM product.stocks s
  WHERE (s.vendor_item_id, s.fulfillment_center_id) IN (
    SELECT d.vendor_item_id, d.fulfillment_center_id FROM product.deals d WHERE d.deal_id = ANY ((SELECT @deal_ids::uuid[])::uuid[]))
  ORDER BY s.vendor_item_id, s.fulfillment_center_id
  FOR UPDATE OF s
)
SELECT d.deal_id, d.product_id, d.vendor_item_id, d.fulfillment_center_id, d.title, d.price_currency, d.price_units, d.price_nanos,
  d.start_time, d.end_time, d.per_user_limit, d.cancel_time, d.create_time, d.update_time,
  coalesce(l.on_hand, -1)::bigint AS on_hand, coalesce(l.reserved, -1)::bigint AS reserved, coalesce(l.version, -1)::bigint AS version
FROM product.deals d
LEFT JOIN locked l ON l.vendor_item_id = d.vendor_item_id AND l.fulfillment_center_id = d.fulfillment_center_id
WHERE d.deal_id = ANY ((SELECT @deal_ids::uuid[])::uuid[]);

-- Takes units of one key if there are as many, without looking first. No row: there are not.
-- name: TakeUnits :one
UPDATE product.stocks
SET reserved = reserved + @quantity::bigint, version = version + 1, update_time = @update_time::timestamptz
WHERE vendor_item_id = @vendor_item_id AND fulfillment_center_id = @fulfillment_center_id AND on_hand - reserved >= @quantity::bigint
RETURNING vendor_item_id, fulfillment_center_id, on_hand, reserved, version, update_time;

-- The state of the keys that these deals sell.
-- name: ListStocksOfDeals :many
SELECT s.vendor_item_id, s.fulfillment_center_id, s.on_hand, s.reserved, s.version
FROM product.stocks s
WHERE (s.vendor_item_id, s.fulfillment_center_id) IN (
  SELECT d.vendor_item_id, d.fulfillment_center_id FROM product.deals d WHERE d.deal_id = ANY (@deal_ids::uuid[]));

-- Writes a batch into the books, whose keys are locked: adds the deltas to the stock, each key once; the movements, in the order
-- given, which name the place of what they change from 1, as in a rush many change the same; what users hold or have bought of deals with a limit, each (deal, user) once; and the events. Fails, as a serialization failure, where a key is no longer at its version. A trigger wakes the relay.
-- name: UpdateBooks :exec
WITH stock AS (
  UPDATE product.stocks s
  SET on_hand = s.on_hand + t.on_hand_delta, reserved = s.reserved + t.reserved_delta, version = s.version + 1,
    update_time = @update_time::timestamptz
  FROM unnest(@vendor_item_ids::text[], @fulfillment_center_ids::text[], @on_hand_deltas::bigint[], @reserved_deltas::bigint[],
      @versions::bigint[])
    AS t (vendor_item_id, fulfillment_center_id, on_hand_delta, reserved_delta, version)
  WHERE s.vendor_item_id = t.vendor_item_id AND s.fulfillment_center_id = t.fulfillment_center_id AND s.version = t.version
  RETURNING s.vendor_item_id
), change AS MATERIALIZED (
  SELECT n.place, n.vendor_item_id, n.fulfillment_center_id, n.kind, n.on_hand_delta, n.reserved_delta, n.reason
  FROM unnest(@change_vendor_item_ids::text[], @change_fulfillment_center_ids::text[], @change_kinds::product.movement_kind[],
      @change_on_hand_deltas::bigint[], @change_reserved_deltas::bigint[], @change_reasons::text[])
    WITH ORDINALITY AS n (vendor_item_id, fulfillment_center_id, kind, on_hand_delta, reserved_delta, reason, place)
), movement AS (
  INSERT INTO product.stock_movements
    (movement_id, vendor_item_id, fulfillment_center_id, kind, on_hand_delta, reserved_delta, reservation_id, order_id, actor, reason, create_time)
  SELECT t.movement_id, n.vendor_item_id, n.fulfillment_center_id, n.kind, n.on_hand_delta, n.reserved_delta, t.reservation_id, t.order_id,
    t.actor, n.reason, @update_time::timestamptz
  FROM unnest(@movement_ids::uuid[], @changes::int[], sqlc.narg(reservation_ids)::uuid[], sqlc.narg(order_ids)::uuid[], @actors::text[])
    WITH ORDINALITY AS t (movement_id, change, reservation_id, order_id, actor, ordinal)
  LEFT JOIN change n ON n.place = t.change
  ORDER BY t.ordinal
), more AS (
  INSERT INTO product.deal_purchases AS p (deal_id, user_id, quantity)
  SELECT t.deal_id, t.user_id, t.delta
  FROM unnest(@deal_ids::uuid[], @user_ids::uuid[], @purchase_deltas::bigint[]) AS t (deal_id, user_id, delta)
  WHERE t.delta > 0
  ON CONFLICT (deal_id, user_id) DO UPDATE SET quantity = p.quantity + excluded.quantity
), fewer AS (
  UPDATE product.deal_purchases p
  SET quantity = p.quantity + t.delta
  FROM unnest(@deal_ids::uuid[], @user_ids::uuid[], @purchase_deltas::bigint[]) AS t (deal_id, user_id, delta)
  WHERE t.delta < 0 AND p.deal_id = t.deal_id AND p.user_id = t.user_id
), event AS (
  INSERT INTO product.outbox (event_id, subject, aggregate_key, payload, headers, create_time)
  SELECT t.event_id, t.subject, t.aggregate_key, t.payload, t.headers, @update_time::timestamptz
  FROM unnest(@event_ids::uuid[], @subjects::text[], @aggregate_keys::text[], @payloads::bytea[], @headers::jsonb[])
    WITH ORDINALITY AS t (event_id, subject, aggregate_key, payload, headers, ordinal)
  ORDER BY t.ordinal
)
SELECT product.refuse_write('stock rows have changed since they were read', '40001') FROM stock HAVING count(*) <> cardinality(@vendor_item_ids::text[]);

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

-- The state of these keys, without a lock.
-- name: ListStocksByKey :many
SELECT s.vendor_item_id, s.fulfillment_center_id, s.on_hand, s.reserved, s.version
FROM product.stocks s
WHERE (s.vendor_item_id, s.fulfillment_center_id) IN (
  SELECT t.vendor_item_id, t.fulfillment_center_id
  FROM unnest(@vendor_item_ids::text[], @fulfillment_center_ids::text[]) AS t (vendor_item_id, fulfillment_center_id));

-- Keys after one, in their order, with what their movements and their reservations add up to, in one snapshot. An empty item: all.
-- Reservations have no index by key, which every order would pay for: those that are held are found by theirs, those that are sold by one
-- pass over all reservations per page.
-- name: ListStockBooks :many
WITH page AS MATERIALIZED (
  SELECT k.* FROM product.stocks k
  WHERE (k.vendor_item_id, k.fulfillment_center_id) > (@after_vendor_item_id::text, @after_fulfillment_center_id::text)
    AND (@only_vendor_item_id::text = '' OR k.vendor_item_id = @only_vendor_item_id::text)
  ORDER BY k.vendor_item_id, k.fulfillment_center_id
  LIMIT @max_rows::int
), holds AS MATERIALIZED (
  SELECT l.vendor_item_id, l.fulfillment_center_id, sum(l.quantity) AS held
  FROM product.reservations r
  JOIN product.reservation_lines l ON l.reservation_id = r.reservation_id
  WHERE r.state = 'HELD'
  GROUP BY l.vendor_item_id, l.fulfillment_center_id
), sales AS MATERIALIZED (
  SELECT l.vendor_item_id, l.fulfillment_center_id, sum(l.quantity) AS sold
  FROM product.reservation_lines l
  JOIN product.reservations r ON r.reservation_id = l.reservation_id
  WHERE r.state = 'COMMITTED' AND (l.vendor_item_id, l.fulfillment_center_id) IN (SELECT p.vendor_item_id, p.fulfillment_center_id FROM page p)
  GROUP BY l.vendor_item_id, l.fulfillment_center_id
)
SELECT s.vendor_item_id, s.fulfillment_center_id, s.on_hand, s.reserved, s.version, s.update_time,
  coalesce(m.on_hand, 0)::bigint AS on_hand_sum, coalesce(m.reserved, 0)::bigint AS reserved_sum, coalesce(h.held, 0)::bigint AS held,
  coalesce(m.sold, 0)::bigint AS sold_sum, coalesce(c.sold, 0)::bigint AS sold
FROM page s
LEFT JOIN LATERAL (
  SELECT sum(v.on_hand_delta) AS on_hand, sum(v.reserved_delta) AS reserved,
    -sum(v.on_hand_delta) FILTER (WHERE v.kind IN ('COMMIT', 'RETURN')) AS sold
  FROM product.stock_movements v
  WHERE v.vendor_item_id = s.vendor_item_id AND v.fulfillment_center_id = s.fulfillment_center_id) m ON true
LEFT JOIN holds h ON h.vendor_item_id = s.vendor_item_id AND h.fulfillment_center_id = s.fulfillment_center_id
LEFT JOIN sales c ON c.vendor_item_id = s.vendor_item_id AND c.fulfillment_center_id = s.fulfillment_center_id
ORDER BY s.vendor_item_id, s.fulfillment_center_id;

-- What the movements of a key and the holds on it add up to.
-- name: GetStockSums :one
SELECT
  (SELECT coalesce(sum(v.on_hand_delta), 0) FROM product.stock_movements v
    WHERE v.vendor_item_id = @vendor_item_id AND v.fulfillment_center_id = @fulfillment_center_id)::bigint AS on_hand_sum,
  (SELECT coalesce(sum(v.reserved_delta), 0) FROM product.stock_movements v
    WHERE v.vendor_item_id = @vendor_item_id AND v.fulfillment_center_id = @fulfillment_center_id)::bigint AS reserved_sum,
  (SELECT coalesce(sum(l.quantity), 0) FROM product.reservations r JOIN product.reservation_lines l ON l.reservation_id = r.reservation_id
    WHERE r.state = 'HELD' AND l.vendor_item_id = @vendor_item_id AND l.fulfillment_center_id = @fulfillment_center_id)::bigint AS held;

-- Puts a key, which is locked, under a new version.
-- name: UpdateStockVersion :one
UPDATE product.stocks
SET version = @version::bigint, update_time = @update_time::timestamptz
WHERE vendor_item_id = @vendor_item_id AND fulfillment_center_id = @fulfillment_center_id
RETURNING vendor_item_id, fulfillment_center_id, on_hand, reserved, version, update_time;
