-- Lets the relay publish this schema's outbox and delete what is published and old. Where every service is the same role, as
-- on one embedded database, there is no such role and nothing to grant.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'flashdeal_relay') THEN
    GRANT USAGE ON SCHEMA orders TO flashdeal_relay;
    GRANT SELECT, DELETE ON orders.outbox TO flashdeal_relay;
  END IF;
END
$$;
