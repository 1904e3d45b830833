-- A hold's lines are written by the statement that writes its head, movements and buyers' counts under the lock of the stock row
-- that they belong to, with deals that were read there; and none of those rows is ever deleted. The checks that they exist, row
-- by row, cost a third of a hold and cannot fail.
ALTER TABLE product.reservation_lines DROP CONSTRAINT reservation_lines_reservation_id_fkey;
ALTER TABLE product.reservation_lines DROP CONSTRAINT reservation_lines_deal_id_fkey;
ALTER TABLE product.stock_movements DROP CONSTRAINT stock_movements_vendor_item_id_fulfillment_center_id_fkey;
ALTER TABLE product.deal_purchases DROP CONSTRAINT deal_purchases_deal_id_fkey;
