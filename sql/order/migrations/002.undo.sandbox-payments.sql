DROP TABLE orders.sandbox_payments;
