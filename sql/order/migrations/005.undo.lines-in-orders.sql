ALTER VIEW orders.order_lines RENAME TO new_order_lines;
CREATE TABLE orders.order_lines (
  order_id uuid NOT NULL,
  line_number int NOT NULL,
  deal_id uuid NOT NULL,
  product_id uuid NOT NULL,
  vendor_item_id text NOT NULL,
  fulfillment_center_id text NOT NULL,
  title text NOT NULL,
  quantity bigint NOT NULL CHECK (quantity > 0),
  price_currency text NOT NULL,
  price_units bigint NOT NULL,
  price_nanos int NOT NULL,
  PRIMARY KEY (order_id, line_number)
);
INSERT INTO orders.order_lines SELECT * FROM orders.new_order_lines;
CREATE INDEX order_lines_by_deal ON orders.order_lines (deal_id, order_id);
DROP VIEW orders.new_order_lines;
DROP TABLE orders.order_deals;
ALTER TABLE orders.orders
  DROP CONSTRAINT orders_lines_check,
  DROP COLUMN deal_ids,
  DROP COLUMN product_ids,
  DROP COLUMN vendor_item_ids,
  DROP COLUMN fulfillment_center_ids,
  DROP COLUMN titles,
  DROP COLUMN quantities,
  DROP COLUMN price_units,
  DROP COLUMN price_nanos;
