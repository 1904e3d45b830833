-- One role and one schema per service: no service can read another's tables, and joins across schemas are refused by the
-- server. Runs as a superuser, any number of times. Passwords come as settings, for example
--   PGOPTIONS="-c flashdeal.auth_password=… -c flashdeal.product_password=…" psql -f roles.sql
DO $$
DECLARE
  service record;
BEGIN
  FOR service IN
    SELECT * FROM (VALUES
      ('auth', 'auth'),
      ('product', 'product'),
      ('order', 'orders'),
      ('stock_query', 'stock'),
      ('relay', 'relay'),
      ('auditor', 'audit')
    ) AS services (name, schema_name)
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'flashdeal_' || service.name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', 'flashdeal_' || service.name);
    END IF;
    EXECUTE format(
      'ALTER ROLE %I PASSWORD %L',
      'flashdeal_' || service.name,
      current_setting('flashdeal.' || service.name || '_password')
    );
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', service.schema_name, 'flashdeal_' || service.name);
    EXECUTE format('ALTER ROLE %I SET search_path = %I', 'flashdeal_' || service.name, service.schema_name);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), 'flashdeal_' || service.name);
  END LOOP;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
