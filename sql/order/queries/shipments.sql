-- Stores a shipment, unless its order has one. Answers whether it did.
-- name: InsertShipment :execrows
INSERT INTO orders.shipments (shipment_id, order_id, carrier, tracking_number, status, create_time, update_time)
VALUES (@shipment_id, @order_id, @carrier, @tracking_number, @status, @create_time, @create_time)
ON CONFLICT (order_id) DO NOTHING;

-- Finds a shipment and whose it is.
-- name: GetShipment :one
SELECT s.*, o.user_id FROM orders.shipments s JOIN orders.orders o ON o.order_id = s.order_id
WHERE s.shipment_id = @shipment_id;

-- Tells whether an order has a shipment.
-- name: GetShipmentOfOrder :one
SELECT shipment_id FROM orders.shipments WHERE order_id = @order_id;

-- Locks a shipment.
-- name: LockShipment :one
SELECT * FROM orders.shipments WHERE shipment_id = @shipment_id FOR UPDATE;

-- Gives a shipment the status of its newest update.
-- name: UpdateShipmentStatus :exec
UPDATE orders.shipments SET status = @status, update_time = @update_time WHERE shipment_id = @shipment_id;

-- Adds an update to a shipment.
-- name: InsertShipmentUpdate :exec
INSERT INTO orders.shipment_updates (update_id, shipment_id, status, location, note, event_time)
VALUES (@update_id, @shipment_id, @status, @location, @note, @event_time);

-- One page of a shipment's updates, the newest first.
-- name: ListShipmentUpdates :many
SELECT * FROM orders.shipment_updates
WHERE shipment_id = @shipment_id AND update_id < @before::uuid
ORDER BY update_id DESC
LIMIT @max_rows::int;
