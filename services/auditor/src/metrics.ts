import { Counter, type Registry } from "prom-client";
import type { ViolationKind } from "./domain/finding.ts";

/** Counts what audits come to. */
export interface AuditMetrics {
  violation(kind: ViolationKind): void;
  ended(state: "PASSED" | "FAILED" | "ABORTED"): void;
}

/** `audit_violations_total` by kind, `audit_runs_total` by how they ended. */
export function createAuditMetrics(registry: Registry): AuditMetrics {
  const violations = new Counter({ name: "audit_violations_total", help: "Violations that audits found.", labelNames: ["kind"], registers: [registry] });
  const runs = new Counter({ name: "audit_runs_total", help: "Audits by how they ended.", labelNames: ["state"], registers: [registry] });
  return { violation: (kind) => violations.inc({ kind }), ended: (state) => runs.inc({ state }) };
}
