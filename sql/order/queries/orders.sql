-- Stores new orders.
-- name: InsertOrders :exec
INSERT INTO orders.orders (
  order_id, user_id, state, payment_state, reservation_id, total_currency, total_units, total_nanos,
  expire_time, create_time, update_time, version)
SELECT t.order_id, t.user_id, 'PENDING_PAYMENT', 'NONE', t.reservation_id, t.total_currency, t.total_units, t.total_nanos,
  t.expire_time, t.create_time, t.create_time, 1
FROM unnest(
  @order_ids::uuid[], @user_ids::uuid[], @reservation_ids::uuid[], @total_currencies::text[], @total_units::bigint[],
  @total_nanos::int[], @expire_times::timestamptz[], @create_times::timestamptz[])
  AS t (order_id, user_id, reservation_id, total_currency, total_units, total_nanos, expire_time, create_time);

-- Stores the lines of new orders.
-- name: InsertOrderLines :exec
INSERT INTO orders.order_lines (
  order_id, line_number, deal_id, product_id, vendor_item_id, fulfillment_center_id, title, quantity,
  price_currency, price_units, price_nanos)
SELECT t.order_id, t.line_number, t.deal_id, t.product_id, t.vendor_item_id, t.fulfillment_center_id, t.title, t.quantity,
  t.price_currency, t.price_units, t.price_nanos
FROM unnest(
  @order_ids::uuid[], @line_numbers::int[], @deal_ids::uuid[], @product_ids::uuid[], @vendor_item_ids::text[],
  @fulfillment_center_ids::text[], @titles::text[], @quantities::bigint[], @price_currencies::text[],
  @price_units::bigint[], @price_nanos::int[])
  AS t (
    order_id, line_number, deal_id, product_id, vendor_item_id, fulfillment_center_id, title, quantity,
    price_currency, price_units, price_nanos);

-- Moves orders on, each only if nobody else did since it was read. Answers those that it moved.
-- name: UpdateOrders :many
UPDATE orders.orders o
SET state = t.state::orders.order_state,
  payment_state = t.payment_state::orders.payment_state,
  payment_id = NULLIF(t.payment_id, '')::uuid,
  cancel_reason = t.cancel_reason,
  update_time = t.update_time,
  version = o.version + 1
FROM unnest(
  @order_ids::uuid[], @versions::bigint[], @from_states::text[], @states::text[], @payment_states::text[],
  @payment_ids::text[], @cancel_reasons::text[], @update_times::timestamptz[])
  AS t (order_id, version, from_state, state, payment_state, payment_id, cancel_reason, update_time)
WHERE o.order_id = t.order_id
  AND o.version = t.version
  AND o.state = t.from_state::orders.order_state
RETURNING o.order_id;

-- Finds orders by id.
-- name: ListOrdersById :many
SELECT * FROM orders.orders WHERE order_id = ANY (@order_ids::uuid[]);

-- Finds the lines of these orders, sorted by order and line number.
-- name: ListOrderLines :many
SELECT * FROM orders.order_lines
WHERE order_id = ANY (@order_ids::uuid[])
ORDER BY order_id, line_number;

-- One page of everybody's orders, the newest first.
-- name: ListOrders :many
SELECT * FROM orders.orders
WHERE order_id < @before::uuid
  AND (sqlc.narg(state)::orders.order_state IS NULL OR state = sqlc.narg(state))
ORDER BY order_id DESC
LIMIT @max_rows::int;

-- One page of a user's orders, the newest first.
-- name: ListOrdersOfUser :many
SELECT * FROM orders.orders o
WHERE o.user_id = @user_id
  AND o.order_id < @before::uuid
  AND (sqlc.narg(state)::orders.order_state IS NULL OR o.state = sqlc.narg(state))
  AND (sqlc.narg(deal_id)::uuid IS NULL OR EXISTS (
    SELECT 1 FROM orders.order_lines l WHERE l.order_id = o.order_id AND l.deal_id = sqlc.narg(deal_id)))
ORDER BY o.order_id DESC
LIMIT @max_rows::int;

-- One page of everybody's orders with a line of a deal, the newest first.
-- name: ListOrdersOfDeal :many
SELECT o.* FROM orders.order_lines l
JOIN orders.orders o ON o.order_id = l.order_id
WHERE l.deal_id = @deal_id
  AND l.order_id < @before::uuid
  AND (sqlc.narg(state)::orders.order_state IS NULL OR o.state = sqlc.narg(state))
ORDER BY l.order_id DESC
LIMIT @max_rows::int;

-- Locks orders whose time to pay is over, the oldest first, passing over those that somebody else is working on. One whose
-- payment is open is left alone until `payment_due_time`.
-- name: LockOrdersToExpire :many
SELECT * FROM orders.orders
WHERE state = 'PENDING_PAYMENT'
  AND expire_time <= @due_time
  AND (payment_state <> 'PENDING' OR expire_time <= @payment_due_time::timestamptz)
ORDER BY expire_time
LIMIT @max_rows::int
FOR UPDATE SKIP LOCKED;

-- Wakes those who watch these orders in other processes: the payload is the ids, joined by commas.
-- name: NotifyOrdersChanged :exec
SELECT pg_notify('orders_changed', @payload::text);
