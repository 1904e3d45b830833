import type { MethodImpl } from "@connectrpc/connect";
import type { AuditService } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import type { AuditStore, Services } from "../domain/ports.ts";
import { repairViolation as repair } from "../domain/repair.ts";
import { violationMessage } from "../message/audit-message.ts";
import { auditNotFound, repairUnsafe, violationNotFound } from "./errors.ts";

/** Mends one violation. Repeating it answers the same, so its request_id needs no record. */
export function repairViolation(context: { readonly store: AuditStore; readonly services: Services }): MethodImpl<typeof AuditService.method.repairViolation> {
  return async ({ auditId, violationId }) => {
    const outcome = await repair(context, auditId, violationId);
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
