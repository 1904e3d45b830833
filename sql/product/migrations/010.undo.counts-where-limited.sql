-- Also what a process of before may have counted meanwhile.
DELETE FROM product.deal_purchases p USING product.deals d WHERE d.deal_id = p.deal_id AND d.per_user_limit = 0;
INSERT INTO product.deal_purchases (deal_id, user_id, quantity)
SELECT l.deal_id, r.user_id, sum(l.quantity)
FROM product.reservation_lines l
JOIN product.reservations r ON r.reservation_id = l.reservation_id
WHERE l.per_user_limit = 0 AND r.state IN ('HELD', 'COMMITTED')
GROUP BY l.deal_id, r.user_id;
DROP VIEW product.reservation_lines;
CREATE VIEW product.reservation_lines AS
SELECT r.reservation_id, (l.ordinal - 1)::int AS line_number, d.deal_id, d.product_id, d.vendor_item_id, d.fulfillment_center_id, d.title, l.quantity::bigint AS quantity,
  d.price_currency, d.price_units, d.price_nanos
FROM product.reservations r
CROSS JOIN LATERAL unnest(r.deal_ids, r.quantities) WITH ORDINALITY AS l (deal_id, quantity, ordinal)
JOIN product.deals d ON d.deal_id = l.deal_id;
