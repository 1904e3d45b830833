-- Products and the deals that sell them.

CREATE TABLE product.products (
  product_id uuid PRIMARY KEY,
  vendor_item_id text COLLATE "C" NOT NULL CHECK (char_length(vendor_item_id) BETWEEN 1 AND 64),
  name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  -- The name as it is searched: folded by the service, because lower() depends on the database's locale.
  name_folded text NOT NULL,
  description text NOT NULL CHECK (char_length(description) <= 10000),
  price_currency text NOT NULL CHECK (price_currency ~ '^[A-Z]{3}$'),
  price_units bigint NOT NULL CHECK (price_units >= 0),
  price_nanos int NOT NULL CHECK (price_nanos BETWEEN 0 AND 999999999),
  tags text[] NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL,
  -- Deals that are over still name their product, so a deleted one keeps its row and gives up its vendor_item_id.
  delete_time timestamptz
);

CREATE UNIQUE INDEX products_vendor_item_id ON product.products (vendor_item_id) WHERE delete_time IS NULL;
CREATE INDEX products_tags ON product.products USING gin (tags);

CREATE TABLE product.deals (
  deal_id uuid PRIMARY KEY,
  product_id uuid NOT NULL REFERENCES product.products (product_id),
  vendor_item_id text COLLATE "C" NOT NULL CHECK (char_length(vendor_item_id) BETWEEN 1 AND 64),
  fulfillment_center_id text COLLATE "C" NOT NULL CHECK (char_length(fulfillment_center_id) BETWEEN 1 AND 64),
  title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
  price_currency text NOT NULL CHECK (price_currency ~ '^[A-Z]{3}$'),
  price_units bigint NOT NULL CHECK (price_units >= 0),
  price_nanos int NOT NULL CHECK (price_nanos BETWEEN 0 AND 999999999),
  start_time timestamptz NOT NULL,
  end_time timestamptz NOT NULL,
  -- 0: no limit.
  per_user_limit bigint NOT NULL CHECK (per_user_limit BETWEEN 0 AND 1000000),
  -- The only state that is stored; the others follow from the clock.
  cancel_time timestamptz,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL,
  CHECK (start_time < end_time)
);

CREATE INDEX deals_product_id ON product.deals (product_id, deal_id);
CREATE INDEX deals_end_time ON product.deals (end_time);
