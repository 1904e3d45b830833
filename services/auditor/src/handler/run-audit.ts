import type { MethodImpl } from "@connectrpc/connect";
import { AuditService } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import { principalOf } from "@flashdeal/runtime/auth";
import { requestFingerprint, requestScope } from "@flashdeal/runtime/idempotency";
import type { AuditRunner } from "../background/audit-runner.ts";
import { auditMessage } from "../message/audit-message.ts";
import { overloaded, requestIdReused } from "./errors.ts";

const method = AuditService.method.runAudit;

/** Begins an audit and answers at once. */
export function runAudit({ runner }: { readonly runner: Pick<AuditRunner, "begin"> }): MethodImpl<typeof method> {
  return async (request, context) => {
    const { requestId, vendorItemId } = request;
    const call = requestId === "" ? undefined : { scope: requestScope(principalOf(context), method), requestId, fingerprint: requestFingerprint(method.input, request) };
    const audit = await runner.begin(vendorItemId, call);
    if (audit === "request-id-reused") throw requestIdReused();
    if (audit === "overloaded") throw overloaded();
    return { audit: auditMessage(audit) };
  };
}
