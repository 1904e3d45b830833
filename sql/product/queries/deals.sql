-- name: InsertDeal :exec
INSERT INTO product.deals
  (deal_id, product_id, vendor_item_id, fulfillment_center_id, title, price_currency, price_units, price_nanos, start_time, end_time,
   per_user_limit, create_time, update_time)
VALUES
  (@deal_id, @product_id, @vendor_item_id, @fulfillment_center_id, @title, @price_currency, @price_units, @price_nanos, @start_time,
   @end_time, @per_user_limit, @create_time, @update_time);

-- name: ListDealsById :many
SELECT deal_id, product_id, vendor_item_id, fulfillment_center_id, title, price_currency, price_units, price_nanos, start_time, end_time,
  per_user_limit, cancel_time, create_time, update_time
FROM product.deals
WHERE deal_id = ANY (@deal_ids::uuid[]);

-- One page of deals, the newest first. A state is given by the bounds that it puts on the times.
-- name: ListDeals :many
SELECT deal_id, product_id, vendor_item_id, fulfillment_center_id, title, price_currency, price_units, price_nanos, start_time, end_time,
  per_user_limit, cancel_time, create_time, update_time
FROM product.deals
WHERE (sqlc.narg(before_deal_id)::uuid IS NULL OR deal_id < sqlc.narg(before_deal_id)::uuid)
  AND (sqlc.narg(product_id)::uuid IS NULL OR product_id = sqlc.narg(product_id)::uuid)
  AND (sqlc.narg(cancelled)::bool IS NULL OR (cancel_time IS NOT NULL) = sqlc.narg(cancelled)::bool)
  AND (sqlc.narg(starts_after)::timestamptz IS NULL OR start_time > sqlc.narg(starts_after)::timestamptz)
  AND (sqlc.narg(started_by)::timestamptz IS NULL OR start_time <= sqlc.narg(started_by)::timestamptz)
  AND (sqlc.narg(ends_after)::timestamptz IS NULL OR end_time > sqlc.narg(ends_after)::timestamptz)
  AND (sqlc.narg(ended_by)::timestamptz IS NULL OR end_time <= sqlc.narg(ended_by)::timestamptz)
ORDER BY deal_id DESC
LIMIT @max_rows::int;

-- Cancels a deal that is not cancelled yet. 0 rows: there is none, or it already is.
-- name: CancelDeal :execrows
UPDATE product.deals SET cancel_time = @cancel_time::timestamptz, update_time = @cancel_time::timestamptz
WHERE deal_id = @deal_id AND cancel_time IS NULL;

-- How many deals of the product are not over.
-- name: CountOpenDeals :one
SELECT count(*) AS deals FROM product.deals
WHERE product_id = @product_id AND cancel_time IS NULL AND end_time > @now::timestamptz;
