import type { MethodImpl } from "@connectrpc/connect";
import type { AuditService } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import type { AuditStore } from "../domain/ports.ts";
import { auditMessage } from "../message/audit-message.ts";
import { auditNotFound } from "./errors.ts";

/** Answers one audit. */
export function getAudit({ store }: { readonly store: AuditStore }): MethodImpl<typeof AuditService.method.getAudit> {
  return async ({ auditId }) => {
    const audit = await store.get(auditId);
    if (audit === undefined) throw auditNotFound();
    return { audit: auditMessage(audit) };
  };
}
