-- How far the relay has published each source (a schema with an outbox). A window is what one snapshot of the database sees and
-- the one before did not see; it is published in order of position.
CREATE TABLE relay.cursors (
  source text PRIMARY KEY CHECK (source ~ '^[a-z_][a-z0-9_]{0,62}$'),
  -- A pg_snapshot: every row that it sees is published.
  published text NOT NULL,
  -- The snapshot that ends the open window; equal to `published` where none is open.
  window_end text NOT NULL,
  -- Of the open window, the rows up to this position are published.
  position bigint NOT NULL CHECK (position >= 0),
  update_time timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
