import type { MethodImpl } from "@connectrpc/connect";
import type { AuditService } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import { repairViolation as repair } from "../domain/repair.ts";
import { violationMessage } from "../message/audit-message.ts";
import { auditNotFound, repairUnsafe, violationNotFound } from "./errors.ts";
import type { AuditHandlers } from "./routes.ts";

/** Mends one violation. Repeating it answers the same, so its request_id needs no record. */
export function repairViolation(context: Omit<AuditHandlers, "runner">): MethodImpl<typeof AuditService.method.repairViolation> {
  return async ({ auditId, violationId }, { signal }) => {
    const outcome = await repair(context, auditId, violationId, signal);
    if (outcome.kind === "repaired" || outcome.kind === "unsafe") {
      context.metrics.repair(outcome.kind);
      context.log.info({ auditId, violationId, outcome: outcome.kind, ...(outcome.kind === "unsafe" && { why: outcome.description }) }, "a repair was asked for");
    }
    switch (outcome.kind) {
      case "repaired":
        return { violation: violationMessage(outcome.violation) };
      case "unsafe":
        throw repairUnsafe(outcome.description);
      case "audit-not-found":
        throw auditNotFound();
      case "violation-not-found":
        throw violationNotFound();
    }
  };
}
