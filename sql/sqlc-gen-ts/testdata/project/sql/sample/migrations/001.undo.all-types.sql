DROP TABLE orders.arrays;
DROP TABLE orders.nullables;
DROP TABLE orders.all_types;
DROP TYPE orders.order_state;
