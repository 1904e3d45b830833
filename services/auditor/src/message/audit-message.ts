import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  AuditSchema,
  AuditState,
  ViolationKind as WireKind,
  ViolationSchema,
  ViolationState,
  type Audit as AuditMessage,
  type Violation as ViolationMessage,
} from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import { violationKinds, type ViolationKind } from "../domain/finding.ts";
import type { Audit, Violation } from "../domain/ports.ts";

/** An audit as the contract says it. */
export function auditMessage({ auditId, state, checkedCount, violationCount, error, createTime, endTime }: Audit): AuditMessage {
  return create(AuditSchema, {
    auditId,
    state: AuditState[state],
    checkedCount,
    violationCount,
    error,
    createTime: timestampFromDate(createTime),
    ...(endTime && { endTime: timestampFromDate(endTime) }),
  });
}

/** A violation as the contract says it. */
export function violationMessage({ violationId, auditId, kind, state, subject, expected, actual, repairable, createTime }: Violation): ViolationMessage {
  return create(ViolationSchema, {
    violationId,
    auditId,
    kind: WireKind[kind],
    state: ViolationState[state],
    subject,
    expected,
    actual,
    repairable,
    createTime: timestampFromDate(createTime),
  });
}

const kinds: ReadonlyMap<WireKind, ViolationKind> = new Map(violationKinds.map((kind) => [WireKind[kind], kind]));

/** A kind of the contract; undefined for "not stated". */
export function kindFromWire(kind: WireKind): ViolationKind | undefined {
  return kinds.get(kind);
}
