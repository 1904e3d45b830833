-- Decides a sandbox payment, unless its id is taken.
-- name: InsertSandboxPayment :exec
INSERT INTO orders.sandbox_payments (payment_id, captured, decline_code, currency, units, nanos, settle_time, create_time)
VALUES (@payment_id, @captured, @decline_code, @currency, @units, @nanos, @settle_time, @create_time)
ON CONFLICT (payment_id) DO NOTHING;

-- Finds a sandbox payment.
-- name: GetSandboxPayment :one
SELECT * FROM orders.sandbox_payments WHERE payment_id = @payment_id;

-- Pays a captured sandbox payment back; again changes nothing.
-- name: UpdateSandboxRefund :execrows
UPDATE orders.sandbox_payments
SET refund_time = coalesce(refund_time, @refund_time)
WHERE payment_id = @payment_id AND captured AND settle_time <= @refund_time::timestamptz;
