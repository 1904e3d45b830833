import type { MethodImpl } from "@connectrpc/connect";
import { AuditService } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import { decodePageToken, encodePageToken } from "@flashdeal/runtime/rpc";
import type { AuditStore } from "../domain/ports.ts";
import { kindFromWire, violationMessage } from "../message/audit-message.ts";
import { auditNotFound, pageTokenInvalid } from "./errors.ts";

const method = AuditService.method.listViolations;
const defaultPageSize = 50;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Lists what an audit found, in the order in which it was found. */
export function listViolations({ store }: { readonly store: AuditStore }): MethodImpl<typeof method> {
  return async (request) => {
    const { auditId, kind } = request;
    const [afterViolationId] = decodePageToken({ method, request }, request.pageToken, ["string"]) ?? [];
    if (afterViolationId !== undefined && !uuid.test(afterViolationId)) throw pageTokenInvalid();
    if ((await store.get(auditId)) === undefined) throw auditNotFound();
    const pageSize = request.pageSize === 0 ? defaultPageSize : request.pageSize;
    const rows = await store.listViolations({ auditId, kind: kindFromWire(kind), afterViolationId, maxRows: pageSize + 1 });
    const page = rows.slice(0, pageSize);
    const last = rows.length > pageSize ? page.at(-1) : undefined;
    return { violations: page.map(violationMessage), nextPageToken: last === undefined ? "" : encodePageToken({ method, request }, [last.violationId]) };
  };
}
