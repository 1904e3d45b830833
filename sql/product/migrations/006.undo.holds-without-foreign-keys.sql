ALTER TABLE product.deal_purchases ADD CONSTRAINT deal_purchases_deal_id_fkey FOREIGN KEY (deal_id) REFERENCES product.deals (deal_id);
ALTER TABLE product.stock_movements ADD CONSTRAINT stock_movements_vendor_item_id_fulfillment_center_id_fkey
  FOREIGN KEY (vendor_item_id, fulfillment_center_id) REFERENCES product.stocks (vendor_item_id, fulfillment_center_id);
ALTER TABLE product.reservation_lines ADD CONSTRAINT reservation_lines_deal_id_fkey FOREIGN KEY (deal_id) REFERENCES product.deals (deal_id);
ALTER TABLE product.reservation_lines ADD CONSTRAINT reservation_lines_reservation_id_fkey
  FOREIGN KEY (reservation_id) REFERENCES product.reservations (reservation_id);
