-- Stores new orders, each only if its reservation has no claim yet: claim, order, lines and event, and wakes the relay: one statement,
-- which is a transaction of its own. Unless claims may exist, one that does fails it: to look out for them is up to a tenth of the work. Claims are made in
-- the order of the reservations, so that two batches never wait for each other. What orders are of comes once for all that are of the same: lines as arrays in text
-- form, totals and times; orders name its place, from 1. Answers the orders that are stored.
-- name: InsertNewOrders :one
WITH first_claim AS (
  INSERT INTO orders.reservation_claims (reservation_id, order_id, create_time)
  SELECT t.reservation_id, t.order_id, @create_time::timestamptz
  FROM unnest(@reservation_ids::uuid[], @order_ids::uuid[]) AS t (reservation_id, order_id)
  WHERE NOT @claims_may_exist::boolean
  ORDER BY t.reservation_id
  RETURNING reservation_id, order_id
), claim_if_free AS (
  INSERT INTO orders.reservation_claims (reservation_id, order_id, create_time)
  SELECT t.reservation_id, t.order_id, @create_time::timestamptz
  FROM unnest(@reservation_ids::uuid[], @order_ids::uuid[]) AS t (reservation_id, order_id)
  WHERE @claims_may_exist::boolean
  ORDER BY t.reservation_id
  ON CONFLICT (reservation_id) DO NOTHING
  RETURNING reservation_id, order_id
), claim AS NOT MATERIALIZED (
  SELECT * FROM first_claim UNION ALL SELECT * FROM claim_if_free
), content AS MATERIALIZED (
  SELECT n.place, n.deal_ids::uuid[] AS deal_ids, n.product_ids::uuid[] AS product_ids, n.vendor_item_ids::text[] AS vendor_item_ids,
    n.fulfillment_center_ids::text[] AS fulfillment_center_ids, n.titles::text[] AS titles, n.quantities::bigint[] AS quantities,
    n.price_units::bigint[] AS price_units, n.price_nanos::int[] AS price_nanos, n.total_currency, n.total_units, n.total_nanos, n.expire_time, n.create_time
  FROM unnest(
    @content_deal_ids::text[], @content_product_ids::text[], @content_vendor_item_ids::text[], @content_fulfillment_center_ids::text[],
    @content_titles::text[], @content_quantities::text[], @content_price_units::text[], @content_price_nanos::text[],
    @content_total_currencies::text[], @content_total_units::bigint[], @content_total_nanos::int[], @content_expire_times::timestamptz[],
    @content_create_times::timestamptz[])
    WITH ORDINALITY AS n (
      deal_ids, product_ids, vendor_item_ids, fulfillment_center_ids, titles, quantities, price_units, price_nanos, total_currency, total_units,
      total_nanos, expire_time, create_time, place)
), new_order AS (
  INSERT INTO orders.orders (
    order_id, user_id, state, payment_state, reservation_id, total_currency, total_units, total_nanos,
    expire_time, create_time, update_time, version, deal_ids, product_ids, vendor_item_ids, fulfillment_center_ids, titles, quantities,
    price_units, price_nanos)
  SELECT t.order_id, t.user_id, 'PENDING_PAYMENT', 'NONE', c.reservation_id, n.total_currency, n.total_units, n.total_nanos,
    n.expire_time, n.create_time, n.create_time, 1, n.deal_ids, n.product_ids, n.vendor_item_ids, n.fulfillment_center_ids, n.titles,
    n.quantities, n.price_units, n.price_nanos
  FROM unnest(@order_ids::uuid[], @user_ids::uuid[], @contents::int[]) AS t (order_id, user_id, content)
  LEFT JOIN content n ON n.place = t.content
  JOIN claim c ON c.order_id = t.order_id
), order_deal AS (
  INSERT INTO orders.order_deals (deal_id, order_id)
  SELECT d.deal_id, t.order_id
  FROM unnest(@order_ids::uuid[], @contents::int[]) AS t (order_id, content)
  JOIN claim c ON c.order_id = t.order_id
  JOIN (SELECT DISTINCT n.place, u.deal_id FROM content n CROSS JOIN LATERAL unnest(n.deal_ids) AS u (deal_id)) d ON d.place = t.content
), event AS (
  INSERT INTO orders.outbox (event_id, subject, aggregate_key, payload, headers)
  SELECT t.event_id, @subject::text, t.order_id::text, t.payload,
    CASE WHEN t.traceparent = '' THEN '{}'::jsonb ELSE jsonb_build_object('traceparent', t.traceparent) END
  FROM unnest(@order_ids::uuid[], @event_ids::uuid[], @payloads::bytea[], @traceparents::text[])
    WITH ORDINALITY AS t (order_id, event_id, payload, traceparent, ordinal)
  JOIN claim c ON c.order_id = t.order_id
  ORDER BY t.ordinal
)
SELECT coalesce(array_agg(c.order_id), '{}')::uuid[] AS stored, pg_notify('outbox', 'orders')::text AS notified
FROM claim c;

-- Moves orders on by one step each, only if nobody else did since they were read, and the request that makes the step has no
-- record yet; with the payment, the record and the event of each, and wakes the relay. Each order once. Orders are locked in the order of
-- their ids, and records are made in the order of their keys, so that two batches never wait for each other. An empty scope: no request; an empty payment state: no payment; an empty
-- subject: no event; an empty response is stored as null; a new reservation, unless empty, is claimed for its order. Answers the orders that
-- moved, and how many records and claims were stored.
-- name: UpdateOrderStates :one
WITH locked AS MATERIALIZED (
  SELECT o.order_id FROM orders.orders o WHERE o.order_id = ANY (@order_ids::uuid[]) ORDER BY o.order_id FOR UPDATE
), moved AS (
  UPDATE orders.orders o
  SET state = t.state::orders.order_state,
    payment_state = t.payment_state::orders.payment_state,
    payment_id = NULLIF(t.payment_id, '')::uuid,
    reservation_id = coalesce(NULLIF(t.new_reservation_id, '')::uuid, o.reservation_id),
    cancel_reason = t.cancel_reason,
    update_time = t.update_time,
    version = o.version + 1
  FROM unnest(
    @order_ids::uuid[], @versions::bigint[], @from_states::text[], @states::text[], @payment_states::text[],
    @payment_ids::text[], @new_reservation_ids::text[], @cancel_reasons::text[], @update_times::timestamptz[], @scopes::text[],
    @request_ids::text[])
    AS t (
      order_id, version, from_state, state, payment_state, payment_id, new_reservation_id, cancel_reason, update_time, scope,
      request_id)
  JOIN locked l ON l.order_id = t.order_id
  WHERE o.order_id = t.order_id
    AND o.version = t.version
    AND o.state = t.from_state::orders.order_state
    AND NOT EXISTS (
      SELECT 1 FROM orders.idempotency_records r
      WHERE r.scope = t.scope AND r.request_id = t.request_id AND r.create_time > @oldest_time::timestamptz)
  RETURNING o.order_id
), claim AS (
  INSERT INTO orders.reservation_claims (reservation_id, order_id, create_time)
  SELECT t.reservation_id::uuid, t.order_id, @now::timestamptz
  FROM unnest(@order_ids::uuid[], @new_reservation_ids::text[]) AS t (order_id, reservation_id)
  JOIN moved m ON m.order_id = t.order_id
  WHERE t.reservation_id <> ''
  ORDER BY t.reservation_id
  ON CONFLICT (reservation_id) DO NOTHING
  RETURNING reservation_id
), payment AS (
  INSERT INTO orders.payments (payment_id, order_id, state, decline_code, check_time, create_time, update_time)
  SELECT t.payment_id::uuid, t.order_id, t.state::orders.payment_state, t.decline_code, @check_time::timestamptz, @now::timestamptz,
    @now::timestamptz
  FROM unnest(@order_ids::uuid[], @payment_ids::text[], @new_payment_states::text[], @decline_codes::text[])
    AS t (order_id, payment_id, state, decline_code)
  JOIN moved m ON m.order_id = t.order_id
  WHERE t.state <> ''
  ON CONFLICT (payment_id) DO UPDATE
  SET state = excluded.state, decline_code = excluded.decline_code, check_time = excluded.check_time, update_time = excluded.update_time
), record AS (
  INSERT INTO orders.idempotency_records (scope, request_id, fingerprint, response, create_time)
  SELECT t.scope, t.request_id, t.fingerprint, NULLIF(t.response, ''::bytea), @now::timestamptz
  FROM unnest(@order_ids::uuid[], @scopes::text[], @request_ids::text[], @fingerprints::bytea[], @responses::bytea[])
    AS t (order_id, scope, request_id, fingerprint, response)
  JOIN moved m ON m.order_id = t.order_id
  WHERE t.scope <> ''
  ORDER BY t.scope, t.request_id
  ON CONFLICT (scope, request_id) DO UPDATE
  SET fingerprint = excluded.fingerprint, response = excluded.response, create_time = excluded.create_time
  WHERE idempotency_records.create_time <= @oldest_time::timestamptz
  RETURNING request_id
), event AS (
  INSERT INTO orders.outbox (event_id, subject, aggregate_key, payload, headers)
  SELECT t.event_id::uuid, t.subject, t.order_id::text, t.payload, t.headers::jsonb
  FROM unnest(@order_ids::uuid[], @event_ids::text[], @subjects::text[], @payloads::bytea[], @headers::text[])
    WITH ORDINALITY AS t (order_id, event_id, subject, payload, headers, ordinal)
  JOIN moved m ON m.order_id = t.order_id
  WHERE t.subject <> ''
  ORDER BY t.ordinal
)
SELECT coalesce(array_agg(m.order_id), '{}')::uuid[] AS moved, (SELECT count(*) FROM record)::bigint AS records,
  (SELECT count(*) FROM claim)::bigint AS claims, pg_notify('outbox', 'orders')::text AS notified
FROM moved m;

-- Finds orders by id.
-- name: ListOrdersById :many
SELECT * FROM orders.orders WHERE order_id = ANY (@order_ids::uuid[]);

-- One page of everybody's orders, the newest first.
-- name: ListOrders :many
SELECT * FROM orders.orders
WHERE order_id < @before::uuid
  AND (sqlc.narg(state)::orders.order_state IS NULL OR state = sqlc.narg(state))
ORDER BY order_id DESC
LIMIT @max_rows::int;

-- One page of a user's orders, the newest first.
-- name: ListOrdersOfUser :many
SELECT * FROM orders.orders o
WHERE o.user_id = @user_id
  AND o.order_id < @before::uuid
  AND (sqlc.narg(state)::orders.order_state IS NULL OR o.state = sqlc.narg(state))
  AND (sqlc.narg(deal_id)::uuid IS NULL OR sqlc.narg(deal_id)::uuid = ANY (o.deal_ids))
ORDER BY o.order_id DESC
LIMIT @max_rows::int;

-- One page of everybody's orders with a line of a deal, the newest first.
-- name: ListOrdersOfDeal :many
SELECT o.* FROM orders.order_deals d
JOIN orders.orders o ON o.order_id = d.order_id
WHERE d.deal_id = @deal_id
  AND d.order_id < @before::uuid
  AND (sqlc.narg(state)::orders.order_state IS NULL OR o.state = sqlc.narg(state))
ORDER BY d.order_id DESC
LIMIT @max_rows::int;

-- Locks orders whose time to pay is over, the oldest first, passing over those that somebody else is working on. One whose
-- payment is open is left alone until `payment_due_time`.
-- name: LockOrdersToExpire :many
SELECT * FROM orders.orders
WHERE state = 'PENDING_PAYMENT'
  AND expire_time <= @due_time
  AND (payment_state <> 'PENDING' OR expire_time <= @payment_due_time::timestamptz)
ORDER BY expire_time
LIMIT @max_rows::int
FOR UPDATE SKIP LOCKED;

-- Wakes those who watch these orders in other processes: the payload is the ids, joined by commas.
-- name: NotifyOrdersChanged :exec
SELECT pg_notify('orders_changed', @payload::text);
