-- Events on their way out, events that were handled, and answers that a repeated call gets again.

CREATE TABLE product.outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  event_id uuid NOT NULL,
  subject text NOT NULL,
  aggregate_key text NOT NULL,
  payload bytea NOT NULL,
  headers jsonb NOT NULL DEFAULT '{}',
  create_time timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX outbox_commit_order ON product.outbox (transaction_id, position);

CREATE FUNCTION product.notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('outbox', 'product');
  RETURN NULL;
END
$$;

CREATE TRIGGER outbox_notify AFTER INSERT ON product.outbox
  FOR EACH STATEMENT EXECUTE FUNCTION product.notify_outbox();

CREATE TABLE product.inbox (
  consumer text NOT NULL,
  event_id uuid NOT NULL,
  receive_time timestamptz NOT NULL,
  PRIMARY KEY (consumer, event_id)
);

CREATE INDEX inbox_receive_time ON product.inbox (receive_time);

CREATE TABLE product.idempotency_records (
  -- Who called which method.
  scope text NOT NULL,
  request_id text NOT NULL CHECK (char_length(request_id) BETWEEN 1 AND 128),
  -- SHA-256 of the request without its request_id.
  fingerprint bytea NOT NULL,
  -- The response message in binary form.
  response bytea NOT NULL,
  expire_time timestamptz NOT NULL,
  PRIMARY KEY (scope, request_id)
);

CREATE INDEX idempotency_records_expire_time ON product.idempotency_records (expire_time);
