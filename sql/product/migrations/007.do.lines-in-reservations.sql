-- A hold's lines move into its row: a row of their own and its place in an index cost a quarter of a hold. What was copied from the deals
-- stands in the deals, whose terms never change; the lines are read through a view.
ALTER TABLE product.reservation_lines RENAME TO old_reservation_lines;
ALTER TABLE product.reservations ADD COLUMN deal_ids uuid[], ADD COLUMN quantities bigint[];
UPDATE product.reservations r
SET deal_ids = l.deal_ids, quantities = l.quantities
FROM (
  SELECT o.reservation_id, array_agg(o.deal_id ORDER BY o.line_number) AS deal_ids, array_agg(o.quantity ORDER BY o.line_number) AS quantities
  FROM product.old_reservation_lines o
  GROUP BY o.reservation_id) l
WHERE l.reservation_id = r.reservation_id;
ALTER TABLE product.reservations
  ALTER COLUMN deal_ids SET NOT NULL,
  ALTER COLUMN quantities SET NOT NULL,
  ADD CONSTRAINT reservations_lines_check CHECK (cardinality(deal_ids) > 0 AND cardinality(deal_ids) = cardinality(quantities) AND 0 < ALL (quantities));
DROP TABLE product.old_reservation_lines;

CREATE VIEW product.reservation_lines AS
SELECT r.reservation_id, (l.ordinal - 1)::int AS line_number, d.deal_id, d.product_id, d.vendor_item_id, d.fulfillment_center_id, d.title, l.quantity::bigint AS quantity,
  d.price_currency, d.price_units, d.price_nanos
FROM product.reservations r
CROSS JOIN LATERAL unnest(r.deal_ids, r.quantities) WITH ORDINALITY AS l (deal_id, quantity, ordinal)
JOIN product.deals d ON d.deal_id = l.deal_id;
