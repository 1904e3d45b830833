-- How far the relay has published each source (a schema with an outbox). Transactions are published in windows: a window holds
-- every transaction from `transaction_id` on and before `window_end`, all of them finished when the window was opened, and is
-- published in order of position. Rows of transactions before `transaction_id` are published, all of them; of the open window, those up to `position` are.
CREATE TABLE relay.cursors (
  source text PRIMARY KEY CHECK (source ~ '^[a-z_][a-z0-9_]{0,62}$'),
  transaction_id bigint NOT NULL CHECK (transaction_id >= 0),
  window_end bigint NOT NULL,
  position bigint NOT NULL CHECK (position >= 0),
  update_time timestamptz NOT NULL DEFAULT now(),
  CHECK (window_end >= transaction_id)
) WITH (fillfactor = 50);
