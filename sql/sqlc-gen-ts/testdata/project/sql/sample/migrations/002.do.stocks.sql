CREATE TABLE orders.stocks (
  item_id text PRIMARY KEY,
  available bigint NOT NULL CHECK (available >= 0),
  version bigint NOT NULL DEFAULT 1,
  note text
);
