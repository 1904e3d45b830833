-- The ledger of the built-in sandbox payment provider: what a real provider would keep on its side.
CREATE TABLE orders.sandbox_payments (
  payment_id uuid PRIMARY KEY,
  captured boolean NOT NULL,
  decline_code text NOT NULL,
  currency text NOT NULL,
  units bigint NOT NULL,
  nanos int NOT NULL,
  -- From when the outcome stands; before, the payment is under way.
  settle_time timestamptz NOT NULL,
  refund_time timestamptz,
  create_time timestamptz NOT NULL
);
