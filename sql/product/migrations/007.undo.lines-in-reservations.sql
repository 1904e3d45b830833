ALTER VIEW product.reservation_lines RENAME TO new_reservation_lines;
CREATE TABLE product.reservation_lines (
  reservation_id uuid NOT NULL,
  line_number int NOT NULL CHECK (line_number >= 0),
  deal_id uuid NOT NULL,
  product_id uuid NOT NULL,
  vendor_item_id text COLLATE "C" NOT NULL,
  fulfillment_center_id text COLLATE "C" NOT NULL,
  title text NOT NULL,
  quantity bigint NOT NULL CHECK (quantity > 0),
  price_currency text NOT NULL,
  price_units bigint NOT NULL,
  price_nanos int NOT NULL,
  PRIMARY KEY (reservation_id, line_number)
);
INSERT INTO product.reservation_lines
SELECT reservation_id, line_number, deal_id, product_id, vendor_item_id, fulfillment_center_id, title, quantity, price_currency, price_units, price_nanos
FROM product.new_reservation_lines;
DROP VIEW product.new_reservation_lines;
ALTER TABLE product.reservations DROP CONSTRAINT reservations_lines_check, DROP COLUMN deal_ids, DROP COLUMN quantities;
