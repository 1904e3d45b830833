CREATE TYPE orders.order_state AS ENUM ('PENDING_PAYMENT', 'PAID', 'SHIPPED', 'DELIVERED', 'CANCELLED', 'EXPIRED');
CREATE TYPE orders.payment_state AS ENUM ('NONE', 'PENDING', 'CAPTURED', 'REFUSED', 'REFUND_PENDING', 'REFUNDED');
CREATE TYPE orders.shipment_status AS ENUM ('PREPARING', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'RETURNED');

CREATE TABLE orders.orders (
  order_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  state orders.order_state NOT NULL,
  payment_state orders.payment_state NOT NULL,
  -- The newest payment; null before the first one.
  payment_id uuid,
  reservation_id uuid NOT NULL,
  cancel_reason text NOT NULL DEFAULT '' CHECK (length(cancel_reason) <= 500),
  total_currency text NOT NULL,
  total_units bigint NOT NULL,
  total_nanos int NOT NULL CHECK (total_nanos BETWEEN -999999999 AND 999999999),
  expire_time timestamptz NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL,
  -- Grows by one with each change; every UPDATE is guarded by it.
  version bigint NOT NULL,
  CHECK (state NOT IN ('PAID', 'SHIPPED', 'DELIVERED') OR payment_state = 'CAPTURED'),
  CHECK (state <> 'PENDING_PAYMENT' OR payment_state IN ('NONE', 'PENDING', 'REFUSED')),
  CHECK ((payment_id IS NULL) = (payment_state = 'NONE'))
);
CREATE INDEX orders_by_user ON orders.orders (user_id, order_id);
CREATE INDEX orders_to_expire ON orders.orders (expire_time) WHERE state = 'PENDING_PAYMENT';

CREATE TABLE orders.order_lines (
  order_id uuid NOT NULL REFERENCES orders.orders,
  line_number int NOT NULL,
  deal_id uuid NOT NULL,
  product_id uuid NOT NULL,
  vendor_item_id text NOT NULL,
  fulfillment_center_id text NOT NULL,
  title text NOT NULL,
  quantity bigint NOT NULL CHECK (quantity > 0),
  price_currency text NOT NULL,
  price_units bigint NOT NULL,
  price_nanos int NOT NULL,
  PRIMARY KEY (order_id, line_number)
);
CREATE INDEX order_lines_by_deal ON orders.order_lines (deal_id, order_id);

-- What stands behind a reservation, decided once: an order, or (null) nothing for ever.
CREATE TABLE orders.reservation_claims (
  reservation_id uuid PRIMARY KEY,
  order_id uuid,
  create_time timestamptz NOT NULL
);

CREATE TABLE orders.idempotency_records (
  -- Who asked, and with which method.
  scope text NOT NULL,
  request_id text NOT NULL,
  -- SHA-256 of the payload without the request id.
  fingerprint bytea NOT NULL,
  -- The first answer, an encoded flashdeal.order.v1.Order (or shipment message); null where the call has not finished.
  response bytea,
  create_time timestamptz NOT NULL,
  PRIMARY KEY (scope, request_id)
);
CREATE INDEX idempotency_records_by_age ON orders.idempotency_records (create_time);

CREATE TABLE orders.payments (
  payment_id uuid PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders.orders,
  state orders.payment_state NOT NULL CHECK (state <> 'NONE'),
  decline_code text NOT NULL DEFAULT '',
  -- When the sweeper looks at it next, while it is open.
  check_time timestamptz NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL
);
CREATE INDEX payments_by_order ON orders.payments (order_id);
CREATE INDEX payments_to_check ON orders.payments (check_time) WHERE state IN ('PENDING', 'REFUND_PENDING');
-- At most one payment of an order is open or holds money.
CREATE UNIQUE INDEX payments_one_live ON orders.payments (order_id) WHERE state IN ('PENDING', 'CAPTURED', 'REFUND_PENDING');

CREATE TABLE orders.outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  event_id uuid NOT NULL,
  subject text NOT NULL,
  aggregate_key text NOT NULL,
  payload bytea NOT NULL,
  headers jsonb NOT NULL DEFAULT '{}',
  create_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_in_commit_order ON orders.outbox (transaction_id, position);

CREATE TABLE orders.shipments (
  shipment_id uuid PRIMARY KEY,
  order_id uuid NOT NULL UNIQUE REFERENCES orders.orders,
  carrier text NOT NULL CHECK (length(carrier) BETWEEN 1 AND 100),
  tracking_number text NOT NULL CHECK (length(tracking_number) BETWEEN 1 AND 100),
  status orders.shipment_status NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL
);

CREATE TABLE orders.shipment_updates (
  update_id uuid PRIMARY KEY,
  shipment_id uuid NOT NULL REFERENCES orders.shipments,
  status orders.shipment_status NOT NULL,
  location text NOT NULL DEFAULT '' CHECK (length(location) <= 200),
  note text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
  event_time timestamptz NOT NULL
);
CREATE INDEX shipment_updates_by_shipment ON orders.shipment_updates (shipment_id, update_id);
