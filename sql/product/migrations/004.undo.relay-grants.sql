DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'flashdeal_relay') THEN
    REVOKE SELECT, DELETE ON product.outbox FROM flashdeal_relay;
    REVOKE USAGE ON SCHEMA product FROM flashdeal_relay;
  END IF;
END
$$;
