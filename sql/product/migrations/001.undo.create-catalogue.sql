DROP TABLE product.deals;
DROP TABLE product.products;
