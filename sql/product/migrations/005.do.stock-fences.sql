-- The newest fencing token of each key, for holders of a lock outside of the database: a write under an older one is refused.
CREATE TABLE product.stock_fences (
  vendor_item_id text COLLATE "C" NOT NULL,
  fulfillment_center_id text COLLATE "C" NOT NULL,
  token bigint NOT NULL,
  PRIMARY KEY (vendor_item_id, fulfillment_center_id)
) WITH (fillfactor = 50);
