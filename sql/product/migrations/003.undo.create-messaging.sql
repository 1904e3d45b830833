DROP TABLE product.idempotency_records;
DROP TABLE product.inbox;
DROP TABLE product.outbox;
DROP FUNCTION product.notify_outbox();
