CREATE TYPE audit.audit_state AS ENUM ('RUNNING', 'PASSED', 'FAILED', 'ABORTED');
CREATE TYPE audit.violation_kind AS ENUM (
  'LEDGER_MISMATCH', 'RESERVED_MISMATCH', 'ORDER_MISMATCH', 'ORPHAN_HOLD', 'READ_MODEL_STALE', 'MIRROR_MISMATCH');
CREATE TYPE audit.violation_state AS ENUM ('OPEN', 'REPAIRED');

CREATE TABLE audit.audits (
  audit_id uuid PRIMARY KEY,
  state audit.audit_state NOT NULL,
  -- Only stocks of this item; empty: all.
  vendor_item_id text NOT NULL,
  checked_count bigint NOT NULL DEFAULT 0,
  violation_count bigint NOT NULL DEFAULT 0,
  error text NOT NULL DEFAULT '',
  -- Who asked, with which method and key; null where there was no key.
  scope text,
  request_id text,
  fingerprint bytea,
  create_time timestamptz NOT NULL,
  -- Moves on while somebody works on it.
  update_time timestamptz NOT NULL,
  end_time timestamptz,
  UNIQUE (scope, request_id)
);
CREATE INDEX audits_by_age ON audit.audits (create_time);

CREATE TABLE audit.violations (
  violation_id uuid PRIMARY KEY,
  audit_id uuid NOT NULL REFERENCES audit.audits ON DELETE CASCADE,
  kind audit.violation_kind NOT NULL,
  state audit.violation_state NOT NULL,
  subject text NOT NULL,
  expected text NOT NULL,
  actual text NOT NULL,
  repairable boolean NOT NULL,
  create_time timestamptz NOT NULL
);
CREATE INDEX violations_of_audit ON audit.violations (audit_id, violation_id);
