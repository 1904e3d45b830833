DROP TABLE stock.stocks;
