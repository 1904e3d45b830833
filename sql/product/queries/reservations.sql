-- Adds holds, each with what it holds: contents are arrays in text form, deals and units in the same order, each content once, as in a rush all holds
-- are of a few; holds name its place, from 1. Sorted, so that two transactions never wait for each other's ids.
-- name: InsertReservations :exec
WITH content AS MATERIALIZED (
  SELECT n.place, n.deal_ids::uuid[] AS deal_ids, n.quantities::bigint[] AS quantities
  FROM unnest(@content_deal_ids::text[], @content_quantities::text[]) WITH ORDINALITY AS n (deal_ids, quantities, place)
)
INSERT INTO product.reservations (reservation_id, user_id, state, deal_ids, quantities, expire_time, create_time, update_time)
SELECT t.reservation_id, t.user_id, 'HELD', n.deal_ids, n.quantities, t.expire_time, @create_time::timestamptz, @create_time::timestamptz
FROM unnest(@reservation_ids::uuid[], @user_ids::uuid[], @contents::int[], @expire_times::timestamptz[])
  AS t (reservation_id, user_id, content, expire_time)
LEFT JOIN content n ON n.place = t.content
ORDER BY t.reservation_id;

-- name: ListReservations :many
SELECT reservation_id, user_id, state, order_id, expire_time, create_time
FROM product.reservations
WHERE reservation_id = ANY (@reservation_ids::uuid[]);

-- Locks these reservations in the order of their ids.
-- name: LockReservations :many
SELECT reservation_id, user_id, state, order_id, expire_time, create_time
FROM product.reservations
WHERE reservation_id = ANY (@reservation_ids::uuid[])
ORDER BY reservation_id
FOR UPDATE;

-- name: ListReservationLines :many
SELECT reservation_id, line_number, deal_id, product_id, vendor_item_id, fulfillment_center_id, title, quantity, price_currency, price_units,
  price_nanos, per_user_limit
FROM product.reservation_lines
WHERE reservation_id = ANY (@reservation_ids::uuid[])
ORDER BY reservation_id, line_number;

-- Moves reservations from one state to another. Fails where one is no longer in the first.
-- name: UpdateReservationStates :exec
WITH moved AS (
  UPDATE product.reservations r
  SET state = t.to_state, order_id = coalesce(t.order_id, r.order_id), update_time = @update_time::timestamptz
  FROM unnest(@reservation_ids::uuid[], @from_states::product.reservation_state[], @to_states::product.reservation_state[],
      sqlc.narg(order_ids)::uuid[])
    AS t (reservation_id, from_state, to_state, order_id)
  WHERE r.reservation_id = t.reservation_id AND r.state = t.from_state
  RETURNING r.reservation_id
)
SELECT product.refuse_write('reservations that were locked are not in the state that they were read in', 'XX000') FROM moved HAVING count(*) <> cardinality(@reservation_ids::uuid[]);

-- One page of holds whose time was up at `expired_by`, the longest expired first.
-- name: ListOverdueHolds :many
SELECT reservation_id, expire_time
FROM product.reservations
WHERE state = 'HELD' AND expire_time <= @expired_by::timestamptz
  AND (expire_time, reservation_id) > (@after_time::timestamptz, @after_reservation_id::uuid)
ORDER BY expire_time, reservation_id
LIMIT @max_rows::int;

-- What these users hold or have bought of these deals.
-- name: ListDealPurchases :many
SELECT p.deal_id, p.user_id, p.quantity
FROM product.deal_purchases p
WHERE (p.deal_id, p.user_id) IN (
  SELECT t.deal_id, t.user_id FROM unnest(@deal_ids::uuid[], @user_ids::uuid[]) AS t (deal_id, user_id));

-- Adds to what a user holds or has bought of a deal, up to a limit (0: none, for repairs). 0 rows: that would be over the limit.
-- name: AddDealPurchase :execrows
INSERT INTO product.deal_purchases AS p (deal_id, user_id, quantity)
SELECT @deal_id::uuid, @user_id::uuid, @quantity::bigint WHERE @per_user_limit::bigint = 0 OR @quantity::bigint <= @per_user_limit::bigint
ON CONFLICT (deal_id, user_id) DO UPDATE SET quantity = p.quantity + excluded.quantity
WHERE @per_user_limit::bigint = 0 OR p.quantity + excluded.quantity <= @per_user_limit::bigint;

-- One page of reservations that hold or have sold units, by id. An empty item: all.
-- name: ListLiveReservations :many
SELECT r.reservation_id, r.user_id, r.state, r.order_id, r.expire_time, r.create_time
FROM product.reservations r
WHERE r.reservation_id > @after_reservation_id::uuid AND r.state IN ('HELD', 'COMMITTED')
  AND (@only_vendor_item_id::text = '' OR EXISTS (
    SELECT 1 FROM product.reservation_lines l WHERE l.reservation_id = r.reservation_id AND l.vendor_item_id = @only_vendor_item_id::text))
ORDER BY r.reservation_id
LIMIT @max_rows::int;

-- Buyers of deals with a limit after one, in their order, whose count differs from their reservations, in one snapshot. An empty item: all.
-- name: ListPurchaseMismatches :many
SELECT coalesce(p.deal_id, h.deal_id)::uuid AS deal_id, coalesce(p.user_id, h.user_id)::uuid AS user_id,
  coalesce(p.quantity, 0)::bigint AS counted, coalesce(h.quantity, 0)::bigint AS reserved
FROM product.deal_purchases p
FULL JOIN (
  SELECT l.deal_id, r.user_id, sum(l.quantity) AS quantity
  FROM product.reservation_lines l
  JOIN product.reservations r ON r.reservation_id = l.reservation_id
  WHERE r.state IN ('HELD', 'COMMITTED') AND l.per_user_limit > 0
  GROUP BY l.deal_id, r.user_id) h ON h.deal_id = p.deal_id AND h.user_id = p.user_id
WHERE coalesce(p.quantity, 0) <> coalesce(h.quantity, 0)
  AND coalesce(p.deal_id, h.deal_id) IN (SELECT d.deal_id FROM product.deals d WHERE d.per_user_limit > 0)
  AND (coalesce(p.deal_id, h.deal_id), coalesce(p.user_id, h.user_id)) > (@after_deal_id::uuid, @after_user_id::uuid)
  AND (@only_vendor_item_id::text = '' OR coalesce(p.deal_id, h.deal_id) IN (
    SELECT d.deal_id FROM product.deals d WHERE d.vendor_item_id = @only_vendor_item_id::text))
ORDER BY 1, 2
LIMIT @max_rows::int;

-- What is counted for a buyer of a deal, and what the buyer's reservations add up to.
-- name: GetPurchaseSums :one
SELECT
  coalesce((SELECT p.quantity FROM product.deal_purchases p WHERE p.deal_id = @deal_id AND p.user_id = @user_id), 0)::bigint AS counted,
  (SELECT coalesce(sum(l.quantity), 0) FROM product.reservations r JOIN product.reservation_lines l ON l.reservation_id = r.reservation_id
    WHERE r.user_id = @user_id AND r.state IN ('HELD', 'COMMITTED') AND l.deal_id = @deal_id)::bigint AS reserved;
