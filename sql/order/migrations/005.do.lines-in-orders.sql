-- An order's lines move into its row, column by column, in the order of the lines; their currency is that of the total. Orders are found by their deals
-- in a narrow table of its own, which the steps of an order do not write. Where a line would not be what it was, nothing is changed. All orders are
-- written anew: VACUUM orders.orders afterwards.
ALTER TABLE orders.order_lines RENAME TO old_order_lines;
ALTER TABLE orders.orders
  ADD COLUMN deal_ids uuid[],
  ADD COLUMN product_ids uuid[],
  ADD COLUMN vendor_item_ids text[],
  ADD COLUMN fulfillment_center_ids text[],
  ADD COLUMN titles text[],
  ADD COLUMN quantities bigint[],
  ADD COLUMN price_units bigint[],
  ADD COLUMN price_nanos int[];
UPDATE orders.orders o
SET deal_ids = l.deal_ids, product_ids = l.product_ids, vendor_item_ids = l.vendor_item_ids, fulfillment_center_ids = l.fulfillment_center_ids,
  titles = l.titles, quantities = l.quantities, price_units = l.price_units, price_nanos = l.price_nanos
FROM (
  SELECT b.order_id, array_agg(b.deal_id ORDER BY b.line_number) AS deal_ids, array_agg(b.product_id ORDER BY b.line_number) AS product_ids,
    array_agg(b.vendor_item_id ORDER BY b.line_number) AS vendor_item_ids,
    array_agg(b.fulfillment_center_id ORDER BY b.line_number) AS fulfillment_center_ids, array_agg(b.title ORDER BY b.line_number) AS titles,
    array_agg(b.quantity ORDER BY b.line_number) AS quantities, array_agg(b.price_units ORDER BY b.line_number) AS price_units,
    array_agg(b.price_nanos ORDER BY b.line_number) AS price_nanos
  FROM orders.old_order_lines b
  GROUP BY b.order_id) l
WHERE l.order_id = o.order_id;
DO $$
DECLARE
  odd text;
BEGIN
  SELECT string_agg(o.order_id::text, ', ') INTO odd FROM (SELECT order_id FROM orders.orders WHERE deal_ids IS NULL LIMIT 5) o;
  IF odd IS NOT NULL THEN
    RAISE EXCEPTION 'orders without lines, among them %: give them lines or delete them, then start again', odd;
  END IF;
END
$$;
ALTER TABLE orders.orders
  ALTER COLUMN deal_ids SET NOT NULL,
  ALTER COLUMN product_ids SET NOT NULL,
  ALTER COLUMN vendor_item_ids SET NOT NULL,
  ALTER COLUMN fulfillment_center_ids SET NOT NULL,
  ALTER COLUMN titles SET NOT NULL,
  ALTER COLUMN quantities SET NOT NULL,
  ALTER COLUMN price_units SET NOT NULL,
  ALTER COLUMN price_nanos SET NOT NULL,
  -- As many of each, and none of them null.
  ADD CONSTRAINT orders_lines_check CHECK (
    cardinality(deal_ids) > 0
    AND cardinality(product_ids) = cardinality(deal_ids)
    AND cardinality(vendor_item_ids) = cardinality(deal_ids)
    AND cardinality(fulfillment_center_ids) = cardinality(deal_ids)
    AND cardinality(titles) = cardinality(deal_ids)
    AND cardinality(quantities) = cardinality(deal_ids)
    AND cardinality(price_units) = cardinality(deal_ids)
    AND cardinality(price_nanos) = cardinality(deal_ids)
    AND array_position(deal_ids, NULL) IS NULL
    AND array_position(product_ids, NULL) IS NULL
    AND array_position(vendor_item_ids, NULL) IS NULL
    AND array_position(fulfillment_center_ids, NULL) IS NULL
    AND array_position(titles, NULL) IS NULL
    AND array_position(price_units, NULL) IS NULL
    AND array_position(price_nanos, NULL) IS NULL
    AND (0 < ALL (quantities)) IS TRUE);

CREATE TABLE orders.order_deals (
  deal_id uuid NOT NULL,
  order_id uuid NOT NULL,
  PRIMARY KEY (deal_id, order_id)
);
INSERT INTO orders.order_deals (deal_id, order_id)
SELECT DISTINCT d.deal_id, o.order_id FROM orders.orders o CROSS JOIN LATERAL unnest(o.deal_ids) AS d (deal_id);

CREATE VIEW orders.order_lines AS
SELECT o.order_id, l.ordinal::int AS line_number, l.deal_id::uuid AS deal_id, l.product_id::uuid AS product_id, l.vendor_item_id::text AS vendor_item_id,
  l.fulfillment_center_id::text AS fulfillment_center_id, l.title::text AS title, l.quantity::bigint AS quantity, o.total_currency AS price_currency,
  l.price_units::bigint AS price_units, l.price_nanos::int AS price_nanos
FROM orders.orders o
CROSS JOIN LATERAL unnest(o.deal_ids, o.product_ids, o.vendor_item_ids, o.fulfillment_center_ids, o.titles, o.quantities, o.price_units, o.price_nanos)
  WITH ORDINALITY AS l (deal_id, product_id, vendor_item_id, fulfillment_center_id, title, quantity, price_units, price_nanos, ordinal);

DO $$
DECLARE
  odd text;
BEGIN
  SELECT string_agg(l.order_id::text, ', ') INTO odd
  FROM (SELECT order_id FROM (SELECT * FROM orders.old_order_lines EXCEPT SELECT * FROM orders.order_lines) d LIMIT 5) l;
  IF odd IS NOT NULL THEN
    RAISE EXCEPTION 'lines without an order, numbered with gaps, or in another currency than their order''s total, among them those of %: mend them, then start again', odd;
  END IF;
END
$$;
DROP TABLE orders.old_order_lines;
