DROP TABLE auth.idempotency_records;
DROP TABLE auth.credentials;
DROP TABLE auth.users;
DROP TYPE auth.role;
