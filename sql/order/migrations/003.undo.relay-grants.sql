DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'flashdeal_relay') THEN
    REVOKE SELECT, DELETE ON orders.outbox FROM flashdeal_relay;
    REVOKE USAGE ON SCHEMA orders FROM flashdeal_relay;
  END IF;
END
$$;
