-- The read model of stock: the newest known state of each key. Written by version only, never by arrival.
-- The free space in each page lets updates of hot keys stay on their page.
CREATE TABLE stock.stocks (
  vendor_item_id text NOT NULL,
  fulfillment_center_id text NOT NULL,
  on_hand bigint NOT NULL,
  reserved bigint NOT NULL,
  version bigint NOT NULL,
  change_time timestamptz NOT NULL,
  PRIMARY KEY (vendor_item_id, fulfillment_center_id)
) WITH (fillfactor = 50);
