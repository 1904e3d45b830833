-- Gives each key its next token. Keys are taken in their order, so that two drawers never wait for each other.
-- name: DrawFences :many
INSERT INTO product.stock_fences AS f (vendor_item_id, fulfillment_center_id, token)
SELECT t.vendor_item_id, t.fulfillment_center_id, 1
FROM unnest(@vendor_item_ids::text[], @fulfillment_center_ids::text[]) AS t (vendor_item_id, fulfillment_center_id)
ORDER BY t.vendor_item_id COLLATE "C", t.fulfillment_center_id COLLATE "C"
ON CONFLICT (vendor_item_id, fulfillment_center_id) DO UPDATE SET token = f.token + 1
RETURNING f.vendor_item_id, f.fulfillment_center_id, f.token;

-- Counts the tokens that are the newest ones still, and keeps them so until the end of the transaction.
-- name: CountNewestFences :one
WITH locked AS MATERIALIZED (
  SELECT f.vendor_item_id, f.fulfillment_center_id, f.token
  FROM product.stock_fences f
  WHERE (f.vendor_item_id, f.fulfillment_center_id) IN (
    SELECT t.vendor_item_id, t.fulfillment_center_id
    FROM unnest(@vendor_item_ids::text[], @fulfillment_center_ids::text[]) AS t (vendor_item_id, fulfillment_center_id))
  ORDER BY f.vendor_item_id, f.fulfillment_center_id
  FOR UPDATE OF f
)
SELECT count(*) AS fences
FROM locked l
JOIN unnest(@vendor_item_ids::text[], @fulfillment_center_ids::text[], @tokens::bigint[]) AS t (vendor_item_id, fulfillment_center_id, token)
  ON l.vendor_item_id = t.vendor_item_id AND l.fulfillment_center_id = t.fulfillment_center_id AND l.token = t.token;
