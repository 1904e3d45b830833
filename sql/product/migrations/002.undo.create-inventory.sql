DROP TABLE product.deal_purchases;
DROP TABLE product.reservation_lines;
DROP TABLE product.reservations;
DROP TYPE product.reservation_state;
DROP TABLE product.stock_movements;
DROP FUNCTION product.refuse_change();
DROP TYPE product.movement_kind;
DROP TABLE product.stocks;
