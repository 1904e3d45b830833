-- Stock, its ledger, the holds on it, and what each buyer holds or has bought of a deal.
--
-- Lock order of every writer: reservations by id, then stocks by (vendor_item_id, fulfillment_center_id). Rows of
-- deal_purchases are written only under the lock of their deal's stock row.

CREATE TABLE product.stocks (
  vendor_item_id text COLLATE "C" NOT NULL CHECK (char_length(vendor_item_id) BETWEEN 1 AND 64),
  fulfillment_center_id text COLLATE "C" NOT NULL CHECK (char_length(fulfillment_center_id) BETWEEN 1 AND 64),
  on_hand bigint NOT NULL,
  reserved bigint NOT NULL CHECK (reserved >= 0),
  version bigint NOT NULL,
  update_time timestamptz NOT NULL,
  PRIMARY KEY (vendor_item_id, fulfillment_center_id),
  CHECK (on_hand >= reserved)
) WITH (fillfactor = 50);

CREATE TYPE product.movement_kind AS ENUM ('RECEIVE', 'ADJUST', 'RESERVE', 'COMMIT', 'RELEASE', 'EXPIRE', 'RETURN');

CREATE TABLE product.stock_movements (
  movement_id uuid NOT NULL,
  vendor_item_id text COLLATE "C" NOT NULL,
  fulfillment_center_id text COLLATE "C" NOT NULL,
  -- Ascends in commit order within one key: it is drawn under the lock of the key's stock row.
  position bigint GENERATED ALWAYS AS IDENTITY,
  kind product.movement_kind NOT NULL,
  on_hand_delta bigint NOT NULL,
  reserved_delta bigint NOT NULL,
  reservation_id uuid,
  order_id uuid,
  actor text NOT NULL,
  reason text NOT NULL CHECK (char_length(reason) <= 500),
  create_time timestamptz NOT NULL,
  PRIMARY KEY (vendor_item_id, fulfillment_center_id, position),
  FOREIGN KEY (vendor_item_id, fulfillment_center_id) REFERENCES product.stocks (vendor_item_id, fulfillment_center_id),
  CHECK (on_hand_delta <> 0 OR reserved_delta <> 0)
);

CREATE FUNCTION product.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of %.% are only ever added', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER stock_movements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON product.stock_movements
  FOR EACH STATEMENT EXECUTE FUNCTION product.refuse_change();

CREATE TYPE product.reservation_state AS ENUM ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED', 'RETURNED');

CREATE TABLE product.reservations (
  reservation_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  state product.reservation_state NOT NULL,
  -- Known from the moment at which an order resolves the hold.
  order_id uuid,
  expire_time timestamptz NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL
);

CREATE INDEX reservations_held ON product.reservations (expire_time, reservation_id) WHERE state = 'HELD';

-- The deal's terms are copied: the hold keeps the price at which it was taken.
CREATE TABLE product.reservation_lines (
  reservation_id uuid NOT NULL REFERENCES product.reservations (reservation_id),
  line_number int NOT NULL CHECK (line_number >= 0),
  deal_id uuid NOT NULL REFERENCES product.deals (deal_id),
  product_id uuid NOT NULL,
  vendor_item_id text COLLATE "C" NOT NULL,
  fulfillment_center_id text COLLATE "C" NOT NULL,
  title text NOT NULL,
  quantity bigint NOT NULL CHECK (quantity > 0),
  price_currency text NOT NULL,
  price_units bigint NOT NULL,
  price_nanos int NOT NULL,
  PRIMARY KEY (reservation_id, line_number)
);

-- Units of a deal that a user holds or has bought.
CREATE TABLE product.deal_purchases (
  deal_id uuid NOT NULL REFERENCES product.deals (deal_id),
  user_id uuid NOT NULL,
  quantity bigint NOT NULL CHECK (quantity >= 0),
  PRIMARY KEY (deal_id, user_id)
);
