-- The outbox of whichever schema the transaction's search_path names; the services that own those schemas create it.
CREATE TABLE outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  event_id uuid NOT NULL,
  subject text NOT NULL,
  aggregate_key text NOT NULL,
  payload bytea NOT NULL,
  headers jsonb NOT NULL DEFAULT '{}',
  create_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_commit_order ON outbox (transaction_id, position);
