-- Begins an audit. 0 rows: the request was made before.
-- name: InsertAudit :execrows
INSERT INTO audit.audits (audit_id, state, vendor_item_id, scope, request_id, fingerprint, create_time, update_time)
VALUES (@audit_id, 'RUNNING', @vendor_item_id, sqlc.narg(scope), sqlc.narg(request_id), sqlc.narg(fingerprint), @now, @now)
ON CONFLICT (scope, request_id) DO NOTHING;

-- name: GetAudit :one
SELECT audit_id, state, checked_count, violation_count, error, create_time, end_time FROM audit.audits WHERE audit_id = @audit_id;

-- name: GetAuditByRequest :one
SELECT audit_id, state, checked_count, violation_count, error, create_time, end_time, fingerprint
FROM audit.audits WHERE scope = @scope::text AND request_id = @request_id::text;

-- When audits of everything began, the newest first: one row.
-- name: GetLastBeginTime :one
SELECT create_time FROM audit.audits WHERE vendor_item_id = '' ORDER BY create_time DESC LIMIT 1;

-- Notes that somebody still works on these.
-- name: UpdateAuditTimes :exec
UPDATE audit.audits SET update_time = @now WHERE audit_id = ANY (@audit_ids::uuid[]) AND state = 'RUNNING';

-- Tells how far an audit is.
-- name: UpdateAuditProgress :exec
UPDATE audit.audits SET checked_count = @checked_count, update_time = @now WHERE audit_id = @audit_id AND state = 'RUNNING';

-- Ends an audit that runs.
-- name: EndAudit :execrows
UPDATE audit.audits
SET state = @state, checked_count = @checked_count, violation_count = @violation_count, error = @error, update_time = @now, end_time = @now
WHERE audit_id = @audit_id AND state = 'RUNNING';

-- Ends audits whose process is gone: nobody has moved them on since `before`.
-- name: AbortForgottenAudits :execrows
UPDATE audit.audits SET state = 'ABORTED', error = @error, end_time = @now WHERE state = 'RUNNING' AND update_time < @before;

-- Deletes old audits with what they found.
-- name: DeleteOldAudits :execrows
DELETE FROM audit.audits WHERE create_time < @before AND state <> 'RUNNING';

-- name: InsertViolations :exec
INSERT INTO audit.violations (violation_id, audit_id, kind, state, subject, expected, actual, repairable, create_time)
SELECT t.violation_id, @audit_id, t.kind, 'OPEN', t.subject, t.expected, t.actual, t.repairable, @now
FROM unnest(@violation_ids::uuid[], @kinds::audit.violation_kind[], @subjects::text[], @expectations::text[], @actuals::text[], @repairables::boolean[])
  AS t (violation_id, kind, subject, expected, actual, repairable);

-- One page of what an audit found, in the order in which it was found.
-- name: ListViolations :many
SELECT violation_id, audit_id, kind, state, subject, expected, actual, repairable, create_time
FROM audit.violations
WHERE audit_id = @audit_id AND violation_id > @after_violation_id
  AND (sqlc.narg(kind)::audit.violation_kind IS NULL OR kind = sqlc.narg(kind)::audit.violation_kind)
ORDER BY violation_id
LIMIT @max_rows::int;

-- name: GetViolation :one
SELECT violation_id, audit_id, kind, state, subject, expected, actual, repairable, create_time
FROM audit.violations WHERE audit_id = @audit_id AND violation_id = @violation_id;

-- name: MarkViolationRepaired :exec
UPDATE audit.violations SET state = 'REPAIRED' WHERE violation_id = @violation_id;
