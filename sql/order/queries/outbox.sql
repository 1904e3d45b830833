-- Adds events to the outbox.
-- name: InsertOutbox :exec
INSERT INTO orders.outbox (event_id, subject, aggregate_key, payload, headers)
SELECT t.event_id, t.subject, t.aggregate_key, t.payload, t.headers::jsonb
FROM unnest(@event_ids::uuid[], @subjects::text[], @aggregate_keys::text[], @payloads::bytea[], @headers::text[])
  WITH ORDINALITY AS t (event_id, subject, aggregate_key, payload, headers, ordinal)
ORDER BY t.ordinal;

-- Wakes the relay when the transaction commits.
-- name: NotifyOutbox :exec
SELECT pg_notify('outbox', 'orders');
