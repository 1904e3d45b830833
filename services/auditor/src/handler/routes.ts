import { AuditService } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import { serviceRoutes, type ServiceRoutes } from "@flashdeal/runtime/rpc";

/** AuditService, whose methods all answer UNIMPLEMENTED: the contract is there, the audits are not yet. */
export function createRoutes(): readonly ServiceRoutes[] {
  return [serviceRoutes(AuditService, {})];
}
