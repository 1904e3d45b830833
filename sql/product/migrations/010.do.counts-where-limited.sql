-- What users have of a deal is counted only where the deal has a limit, as nobody else asks: without one, a count for each buyer was a fifth of what a hold
-- costs. Limits never change. Lines tell the limit, so that who gives a hold back knows whether it was counted.
CREATE OR REPLACE VIEW product.reservation_lines AS
SELECT r.reservation_id, (l.ordinal - 1)::int AS line_number, d.deal_id, d.product_id, d.vendor_item_id, d.fulfillment_center_id, d.title, l.quantity::bigint AS quantity,
  d.price_currency, d.price_units, d.price_nanos, d.per_user_limit
FROM product.reservations r
CROSS JOIN LATERAL unnest(r.deal_ids, r.quantities) WITH ORDINALITY AS l (deal_id, quantity, ordinal)
JOIN product.deals d ON d.deal_id = l.deal_id;
DELETE FROM product.deal_purchases p USING product.deals d WHERE d.deal_id = p.deal_id AND d.per_user_limit = 0;
