CREATE TYPE orders.order_state AS ENUM ('PENDING_PAYMENT', 'PAID');

-- One column of each type that the generator knows.
CREATE TABLE orders.all_types (
  id uuid PRIMARY KEY,
  flag boolean NOT NULL,
  small smallint NOT NULL,
  medium int NOT NULL,
  big bigint NOT NULL,
  single real NOT NULL,
  double double precision NOT NULL,
  exact numeric(20, 4) NOT NULL,
  words text NOT NULL,
  state orders.order_state NOT NULL,
  day date NOT NULL,
  create_time timestamptz NOT NULL,
  age interval NOT NULL,
  payload bytea NOT NULL,
  document jsonb NOT NULL
);

CREATE TABLE orders.nullables (
  id uuid PRIMARY KEY REFERENCES orders.all_types,
  flag boolean,
  medium int,
  big bigint,
  words text,
  state orders.order_state,
  create_time timestamptz,
  payload bytea,
  document jsonb,
  tags text[]
);

CREATE TABLE orders.arrays (
  id uuid PRIMARY KEY,
  ids uuid[] NOT NULL,
  mediums int[] NOT NULL,
  bigs bigint[] NOT NULL,
  words text[] NOT NULL,
  states orders.order_state[] NOT NULL,
  times timestamptz[] NOT NULL,
  payloads bytea[] NOT NULL,
  documents jsonb[] NOT NULL
);
