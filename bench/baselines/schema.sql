-- What a shop that was written by hand stores per order, with the indexes that it cannot do without.
CREATE TABLE stocks (item_id text PRIMARY KEY, available bigint NOT NULL CHECK (available >= 0));
CREATE TABLE orders (
  order_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  item_id text NOT NULL REFERENCES stocks,
  quantity int NOT NULL CHECK (quantity > 0),
  state text NOT NULL,
  idempotency_key text NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_id, idempotency_key)
);
