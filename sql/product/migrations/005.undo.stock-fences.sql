DROP TABLE product.stock_fences;
