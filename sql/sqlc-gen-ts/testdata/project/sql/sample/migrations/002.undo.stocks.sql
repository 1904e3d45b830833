DROP TABLE orders.stocks;
