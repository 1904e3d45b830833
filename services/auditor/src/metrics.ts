import { Counter, Gauge, type Registry } from "prom-client";
import { violationKinds, type ViolationKind } from "./domain/finding.ts";

/** Counts what audits and repairs come to. */
export interface AuditMetrics {
  violation(kind: ViolationKind): void;
  ended(state: "PASSED" | "FAILED" | "ABORTED"): void;
  repair(outcome: "repaired" | "unsafe"): void;
}

/**
 * `audit_violations_total` by kind, `audit_runs_total` by how they ended, `audit_last_end_timestamp_seconds` of the last one that went through to its
 * end, `audit_repairs_total` by outcome. All start at 0, so that an alert sees the first one.
 */
export function createAuditMetrics(registry: Registry): AuditMetrics {
  const registers = [registry];
  const violations = new Counter({ name: "audit_violations_total", help: "Violations that audits found.", labelNames: ["kind"], registers });
  const runs = new Counter({ name: "audit_runs_total", help: "Audits by how they ended.", labelNames: ["state"], registers });
  const lastEnd = new Gauge({ name: "audit_last_end_timestamp_seconds", help: "When the last audit that was not broken off ended.", registers });
  const repairs = new Counter({ name: "audit_repairs_total", help: "Repairs that were asked for.", labelNames: ["outcome"], registers });
  for (const kind of violationKinds) violations.inc({ kind }, 0);
  for (const state of ["PASSED", "FAILED", "ABORTED"]) runs.inc({ state }, 0);
  for (const outcome of ["repaired", "unsafe"]) repairs.inc({ outcome }, 0);
  return {
    violation: (kind) => violations.inc({ kind }),
    ended(state) {
      runs.inc({ state });
      if (state !== "ABORTED") lastEnd.setToCurrentTime();
    },
    repair: (outcome) => repairs.inc({ outcome }),
  };
}
