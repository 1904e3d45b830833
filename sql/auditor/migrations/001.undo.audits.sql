DROP TABLE audit.violations;
DROP TABLE audit.audits;
DROP TYPE audit.violation_state;
DROP TYPE audit.violation_kind;
DROP TYPE audit.audit_state;
