-- Finds a payment.
-- name: GetPayment :one
SELECT payment_id, order_id, state, decline_code FROM orders.payments WHERE payment_id = @payment_id;

-- Takes open payments that are due for a look, and puts their next look off, so that no two sweepers take the same.
-- name: TakePaymentsToCheck :many
UPDATE orders.payments p
SET check_time = @next_check_time
WHERE p.payment_id IN (
  SELECT q.payment_id FROM orders.payments q
  WHERE q.state IN ('PENDING', 'REFUND_PENDING') AND q.check_time <= @due_time::timestamptz
  ORDER BY q.check_time
  LIMIT @max_rows::int
  FOR UPDATE SKIP LOCKED)
RETURNING p.payment_id, p.order_id, p.state, p.decline_code;
