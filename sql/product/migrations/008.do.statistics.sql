-- In a rush Postgres analyzes these tables once a minute. From 30,000 rows with arrays among their columns, that took a core for up to 0.2 s, under load several times as long, and
-- whoever bought in that time waited. Statistics are kept of the columns that rows are found by, and of the arrays that views
-- unnest, from 3,000 rows; of the others nobody asks.
ALTER TABLE product.reservations
  ALTER COLUMN reservation_id SET STATISTICS 10,
  ALTER COLUMN user_id SET STATISTICS 10,
  ALTER COLUMN state SET STATISTICS 10,
  ALTER COLUMN order_id SET STATISTICS 10,
  ALTER COLUMN expire_time SET STATISTICS 10,
  ALTER COLUMN create_time SET STATISTICS 10,
  ALTER COLUMN update_time SET STATISTICS 0,
  ALTER COLUMN deal_ids SET STATISTICS 10,
  ALTER COLUMN quantities SET STATISTICS 10;
ALTER TABLE product.stock_movements
  ALTER COLUMN vendor_item_id SET STATISTICS 10,
  ALTER COLUMN fulfillment_center_id SET STATISTICS 10,
  ALTER COLUMN position SET STATISTICS 10,
  ALTER COLUMN kind SET STATISTICS 10,
  ALTER COLUMN reservation_id SET STATISTICS 10,
  ALTER COLUMN order_id SET STATISTICS 10,
  ALTER COLUMN create_time SET STATISTICS 10,
  ALTER COLUMN movement_id SET STATISTICS 0,
  ALTER COLUMN on_hand_delta SET STATISTICS 0,
  ALTER COLUMN reserved_delta SET STATISTICS 0,
  ALTER COLUMN actor SET STATISTICS 0,
  ALTER COLUMN reason SET STATISTICS 0;
ALTER TABLE product.deal_purchases
  ALTER COLUMN deal_id SET STATISTICS 10,
  ALTER COLUMN user_id SET STATISTICS 10,
  ALTER COLUMN quantity SET STATISTICS 0;
ALTER TABLE product.outbox
  ALTER COLUMN position SET STATISTICS 10,
  ALTER COLUMN transaction_id SET STATISTICS 10,
  ALTER COLUMN create_time SET STATISTICS 10,
  ALTER COLUMN event_id SET STATISTICS 0,
  ALTER COLUMN subject SET STATISTICS 0,
  ALTER COLUMN aggregate_key SET STATISTICS 0,
  ALTER COLUMN payload SET STATISTICS 0,
  ALTER COLUMN headers SET STATISTICS 0;
ALTER TABLE product.inbox
  ALTER COLUMN consumer SET STATISTICS 10,
  ALTER COLUMN event_id SET STATISTICS 10,
  ALTER COLUMN receive_time SET STATISTICS 10;
ALTER TABLE product.idempotency_records
  ALTER COLUMN scope SET STATISTICS 10,
  ALTER COLUMN request_id SET STATISTICS 10,
  ALTER COLUMN expire_time SET STATISTICS 10,
  ALTER COLUMN fingerprint SET STATISTICS 0,
  ALTER COLUMN response SET STATISTICS 0;
