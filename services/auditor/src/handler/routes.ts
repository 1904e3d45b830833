import { AuditService } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import { serviceRoutes, type ServiceRoutes } from "@flashdeal/runtime/rpc";
import type { Logger } from "@flashdeal/runtime/telemetry";
import type { AuditRunner } from "../background/audit-runner.ts";
import type { RepairContext } from "../domain/repair.ts";
import type { AuditMetrics } from "../metrics.ts";
import { withStoreErrors } from "./errors.ts";
import { getAudit } from "./get-audit.ts";
import { listViolations } from "./list-violations.ts";
import { repairViolation } from "./repair-violation.ts";
import { runAudit } from "./run-audit.ts";

/** What handlers are made of. */
export interface AuditHandlers extends RepairContext {
  readonly runner: AuditRunner;
  readonly metrics: AuditMetrics;
  readonly log: Logger;
}

/** What this service answers: one file per rpc. */
export function createRoutes(handlers: AuditHandlers): readonly ServiceRoutes[] {
  return [
    serviceRoutes(AuditService, withStoreErrors({
      runAudit: runAudit(handlers),
      getAudit: getAudit(handlers),
      listViolations: listViolations(handlers),
      repairViolation: repairViolation(handlers),
    })),
  ];
}
