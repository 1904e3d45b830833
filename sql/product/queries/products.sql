-- Adds products. Those whose vendor_item_id another product has are left out of the answer.
-- name: InsertProducts :many
INSERT INTO product.products
  (product_id, vendor_item_id, name, name_folded, description, price_currency, price_units, price_nanos, tags, create_time, update_time)
SELECT t.product_id, t.vendor_item_id, t.name, t.name_folded, t.description, t.price_currency, t.price_units, t.price_nanos,
  ARRAY(SELECT jsonb_array_elements_text(t.tags)), @create_time::timestamptz, @create_time::timestamptz
FROM unnest(@product_ids::uuid[], @vendor_item_ids::text[], @names::text[], @names_folded::text[], @descriptions::text[],
    @price_currencies::text[], @price_units::bigint[], @price_nanos::int[], @tags::jsonb[])
  AS t (product_id, vendor_item_id, name, name_folded, description, price_currency, price_units, price_nanos, tags)
ORDER BY t.vendor_item_id COLLATE "C"
ON CONFLICT (vendor_item_id) WHERE delete_time IS NULL DO NOTHING
RETURNING product_id;

-- name: GetProduct :one
SELECT product_id, vendor_item_id, name, description, price_currency, price_units, price_nanos, tags, create_time, update_time
FROM product.products
WHERE product_id = @product_id AND delete_time IS NULL;

-- Keeps the product as it is until the transaction ends: neither changed nor deleted by another.
-- name: LockProduct :one
SELECT product_id, vendor_item_id, name, description, price_currency, price_units, price_nanos, tags, create_time, update_time
FROM product.products
WHERE product_id = @product_id AND delete_time IS NULL
FOR UPDATE;

-- One page of products, the newest first.
-- name: ListProducts :many
SELECT product_id, vendor_item_id, name, description, price_currency, price_units, price_nanos, tags, create_time, update_time
FROM product.products
WHERE delete_time IS NULL
  AND (sqlc.narg(before_product_id)::uuid IS NULL OR product_id < sqlc.narg(before_product_id)::uuid)
  AND (sqlc.narg(tag)::text IS NULL OR tags @> ARRAY[sqlc.narg(tag)::text])
  AND (sqlc.narg(name_folded)::text IS NULL OR position(sqlc.narg(name_folded)::text IN name_folded) > 0)
  AND (sqlc.narg(vendor_item_id)::text IS NULL OR vendor_item_id = sqlc.narg(vendor_item_id)::text)
ORDER BY product_id DESC
LIMIT @max_rows::int;

-- name: UpdateProduct :exec
UPDATE product.products
SET name = @name, name_folded = @name_folded, description = @description, price_currency = @price_currency,
  price_units = @price_units, price_nanos = @price_nanos, tags = @tags, update_time = @update_time
WHERE product_id = @product_id AND delete_time IS NULL;

-- name: DeleteProduct :exec
UPDATE product.products SET delete_time = @delete_time::timestamptz WHERE product_id = @product_id AND delete_time IS NULL;
