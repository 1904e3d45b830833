-- In a rush Postgres analyzes these tables once a minute. From 30,000 rows with arrays among their columns, that took a core for up to 0.2 s, under load several times as long, and
-- whoever bought in that time waited. Statistics are kept of the columns that rows are found by, and of the arrays that views
-- unnest, from 3,000 rows; of the others nobody asks.
ALTER TABLE orders.orders
  ALTER COLUMN order_id SET STATISTICS 10,
  ALTER COLUMN user_id SET STATISTICS 10,
  ALTER COLUMN state SET STATISTICS 10,
  ALTER COLUMN payment_state SET STATISTICS 10,
  ALTER COLUMN payment_id SET STATISTICS 10,
  ALTER COLUMN reservation_id SET STATISTICS 10,
  ALTER COLUMN expire_time SET STATISTICS 10,
  ALTER COLUMN create_time SET STATISTICS 10,
  ALTER COLUMN update_time SET STATISTICS 10,
  ALTER COLUMN cancel_reason SET STATISTICS 0,
  ALTER COLUMN total_currency SET STATISTICS 0,
  ALTER COLUMN total_units SET STATISTICS 0,
  ALTER COLUMN total_nanos SET STATISTICS 0,
  ALTER COLUMN version SET STATISTICS 0,
  ALTER COLUMN deal_ids SET STATISTICS 10,
  ALTER COLUMN product_ids SET STATISTICS 10,
  ALTER COLUMN vendor_item_ids SET STATISTICS 10,
  ALTER COLUMN fulfillment_center_ids SET STATISTICS 10,
  ALTER COLUMN titles SET STATISTICS 10,
  ALTER COLUMN quantities SET STATISTICS 10,
  ALTER COLUMN price_units SET STATISTICS 10,
  ALTER COLUMN price_nanos SET STATISTICS 10;
ALTER TABLE orders.reservation_claims
  ALTER COLUMN reservation_id SET STATISTICS 10,
  ALTER COLUMN order_id SET STATISTICS 10,
  ALTER COLUMN create_time SET STATISTICS 10;
ALTER TABLE orders.order_deals
  ALTER COLUMN deal_id SET STATISTICS 10,
  ALTER COLUMN order_id SET STATISTICS 10;
ALTER TABLE orders.outbox
  ALTER COLUMN position SET STATISTICS 10,
  ALTER COLUMN transaction_id SET STATISTICS 10,
  ALTER COLUMN create_time SET STATISTICS 10,
  ALTER COLUMN event_id SET STATISTICS 0,
  ALTER COLUMN subject SET STATISTICS 0,
  ALTER COLUMN aggregate_key SET STATISTICS 0,
  ALTER COLUMN payload SET STATISTICS 0,
  ALTER COLUMN headers SET STATISTICS 0;
ALTER TABLE orders.idempotency_records
  ALTER COLUMN scope SET STATISTICS 10,
  ALTER COLUMN request_id SET STATISTICS 10,
  ALTER COLUMN create_time SET STATISTICS 10,
  ALTER COLUMN fingerprint SET STATISTICS 0,
  ALTER COLUMN response SET STATISTICS 0;
ALTER TABLE orders.payments
  ALTER COLUMN payment_id SET STATISTICS 10,
  ALTER COLUMN order_id SET STATISTICS 10,
  ALTER COLUMN state SET STATISTICS 10,
  ALTER COLUMN check_time SET STATISTICS 10,
  ALTER COLUMN create_time SET STATISTICS 10,
  ALTER COLUMN update_time SET STATISTICS 10,
  ALTER COLUMN decline_code SET STATISTICS 0;
ALTER TABLE orders.sandbox_payments
  ALTER COLUMN payment_id SET STATISTICS 10,
  ALTER COLUMN captured SET STATISTICS 10,
  ALTER COLUMN settle_time SET STATISTICS 10,
  ALTER COLUMN refund_time SET STATISTICS 10,
  ALTER COLUMN create_time SET STATISTICS 10,
  ALTER COLUMN decline_code SET STATISTICS 0,
  ALTER COLUMN currency SET STATISTICS 0,
  ALTER COLUMN units SET STATISTICS 0,
  ALTER COLUMN nanos SET STATISTICS 0;
