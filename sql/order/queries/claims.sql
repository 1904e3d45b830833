-- Claims reservations for orders, or closes them (no order id). Answers those that had no claim yet.
-- name: InsertClaims :many
INSERT INTO orders.reservation_claims (reservation_id, order_id, create_time)
SELECT t.reservation_id, NULLIF(t.order_id, '')::uuid, @create_time
FROM unnest(@reservation_ids::uuid[], @order_ids::text[]) AS t (reservation_id, order_id)
ON CONFLICT (reservation_id) DO NOTHING
RETURNING reservation_id;

-- Tells what stands behind reservations, and which reservation that order goes with now.
-- name: ListClaims :many
SELECT c.reservation_id, c.order_id, o.state AS order_state, o.reservation_id AS order_reservation_id
FROM orders.reservation_claims c
LEFT JOIN orders.orders o ON o.order_id = c.order_id
WHERE c.reservation_id = ANY (@reservation_ids::uuid[]);
