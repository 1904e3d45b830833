-- A hold's lines move into its row: rows of their own and their places in an index were a quarter of its write-ahead log. What was copied from the deals
-- stands in the deals, whose terms never change; the lines are read through a view. Where a line would not be what it was, nothing is changed. All
-- holds are written anew: VACUUM product.reservations afterwards.
ALTER TABLE product.reservation_lines RENAME TO old_reservation_lines;
ALTER TABLE product.reservations ADD COLUMN deal_ids uuid[], ADD COLUMN quantities bigint[];
UPDATE product.reservations r
SET deal_ids = l.deal_ids, quantities = l.quantities
FROM (
  SELECT o.reservation_id, array_agg(o.deal_id ORDER BY o.line_number) AS deal_ids, array_agg(o.quantity ORDER BY o.line_number) AS quantities
  FROM product.old_reservation_lines o
  GROUP BY o.reservation_id) l
WHERE l.reservation_id = r.reservation_id;
DO $$
DECLARE
  odd text;
BEGIN
  SELECT string_agg(r.reservation_id::text, ', ') INTO odd FROM (SELECT reservation_id FROM product.reservations WHERE deal_ids IS NULL LIMIT 5) r;
  IF odd IS NOT NULL THEN
    RAISE EXCEPTION 'reservations without lines, among them %: give them lines or delete them, then start again', odd;
  END IF;
END
$$;
ALTER TABLE product.reservations
  ALTER COLUMN deal_ids SET NOT NULL,
  ALTER COLUMN quantities SET NOT NULL,
  ADD CONSTRAINT reservations_lines_check CHECK (
    cardinality(deal_ids) > 0 AND cardinality(deal_ids) = cardinality(quantities) AND array_position(deal_ids, NULL) IS NULL AND (0 < ALL (quantities)) IS TRUE);

CREATE VIEW product.reservation_lines AS
SELECT r.reservation_id, (l.ordinal - 1)::int AS line_number, d.deal_id, d.product_id, d.vendor_item_id, d.fulfillment_center_id, d.title, l.quantity::bigint AS quantity,
  d.price_currency, d.price_units, d.price_nanos
FROM product.reservations r
CROSS JOIN LATERAL unnest(r.deal_ids, r.quantities) WITH ORDINALITY AS l (deal_id, quantity, ordinal)
JOIN product.deals d ON d.deal_id = l.deal_id;

DO $$
DECLARE
  odd text;
BEGIN
  SELECT string_agg(l.reservation_id::text, ', ') INTO odd
  FROM (SELECT reservation_id FROM (SELECT * FROM product.old_reservation_lines EXCEPT SELECT * FROM product.reservation_lines) d LIMIT 5) l;
  IF odd IS NOT NULL THEN
    RAISE EXCEPTION 'lines without a reservation or a deal, numbered with gaps, or of other terms than their deal''s, among them those of %: mend them, then start again', odd;
  END IF;
END
$$;
DROP TABLE product.old_reservation_lines;
