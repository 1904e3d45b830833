-- The state of one key.
-- name: GetStock :one
SELECT vendor_item_id, fulfillment_center_id, on_hand, reserved, version, change_time
FROM stock.stocks
WHERE vendor_item_id = @vendor_item_id AND fulfillment_center_id = @fulfillment_center_id;

-- The states of these keys, those that are known, in no order.
-- name: ListStocks :many
SELECT s.vendor_item_id, s.fulfillment_center_id, s.on_hand, s.reserved, s.version, s.change_time
FROM unnest(@vendor_item_ids::text[], @fulfillment_center_ids::text[]) AS t (vendor_item_id, fulfillment_center_id)
JOIN stock.stocks s ON s.vendor_item_id = t.vendor_item_id AND s.fulfillment_center_id = t.fulfillment_center_id;

-- Writes the states that are newer than what is stored. One state per key; sorted by key, so that two writers cannot deadlock.
-- name: UpsertStocks :execrows
INSERT INTO stock.stocks AS stored (vendor_item_id, fulfillment_center_id, on_hand, reserved, version, change_time)
SELECT t.vendor_item_id, t.fulfillment_center_id, t.on_hand, t.reserved, t.version, t.change_time
FROM unnest(
    @vendor_item_ids::text[], @fulfillment_center_ids::text[], @on_hands::bigint[], @reserveds::bigint[], @versions::bigint[],
    @change_times::timestamptz[])
  AS t (vendor_item_id, fulfillment_center_id, on_hand, reserved, version, change_time)
ORDER BY t.vendor_item_id, t.fulfillment_center_id
ON CONFLICT (vendor_item_id, fulfillment_center_id) DO UPDATE
SET on_hand = excluded.on_hand, reserved = excluded.reserved, version = excluded.version, change_time = excluded.change_time
WHERE excluded.version > stored.version;

-- Empties the read model.
-- name: DeleteStocks :execrows
DELETE FROM stock.stocks;
