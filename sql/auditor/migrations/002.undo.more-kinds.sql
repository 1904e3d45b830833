-- An enum type cannot lose a value, so it is made anew without those that the step added.
DELETE FROM audit.violations WHERE kind::text IN ('SOLD_MISMATCH', 'PURCHASE_MISMATCH');
ALTER TYPE audit.violation_kind RENAME TO violation_kind_more;
CREATE TYPE audit.violation_kind AS ENUM (
  'LEDGER_MISMATCH', 'RESERVED_MISMATCH', 'ORDER_MISMATCH', 'ORPHAN_HOLD', 'READ_MODEL_STALE', 'MIRROR_MISMATCH');
ALTER TABLE audit.violations ALTER COLUMN kind TYPE audit.violation_kind USING kind::text::audit.violation_kind;
DROP TYPE audit.violation_kind_more;
