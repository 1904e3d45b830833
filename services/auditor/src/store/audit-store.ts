import { timingSafeEqual } from "node:crypto";
import type { Database } from "@flashdeal/runtime/database";
import { newId } from "@flashdeal/runtime/ids";
import type { Audit, AuditStore, Clock } from "../domain/ports.ts";
import {
  abortForgottenAudits,
  deleteOldAudits,
  endAudit,
  getAudit,
  getAuditByRequest,
  getLastBeginTime,
  getViolation,
  insertAudit,
  insertViolations,
  listViolations,
  markViolationRepaired,
  updateAuditProgress,
  updateAuditTimes,
} from "./gen/audits.sql.ts";

const nilUuid = "00000000-0000-0000-0000-000000000000";

/** Audits in the database. */
export function createAuditStore({ database, clock }: { readonly database: Database; readonly clock: Clock }): AuditStore {
  const get = async (auditId: string): Promise<Audit | undefined> => getAudit(database, { auditId });
  return {
    get,
    async begin({ auditId, vendorItemId }, call) {
      const { scope = null, requestId = null, fingerprint = null } = call ?? {};
      const inserted = await insertAudit(database, { auditId, vendorItemId, scope, requestId, fingerprint, now: clock.now() });
      const audit = inserted === 1 || call === undefined ? await get(auditId) : await getAuditByRequest(database, call);
      if (audit === undefined) throw new Error("an audit that was begun is gone");
      if (inserted === 0 && call !== undefined && "fingerprint" in audit) {
        const known = audit.fingerprint;
        if (!(known instanceof Uint8Array) || known.length !== call.fingerprint.length || !timingSafeEqual(known, call.fingerprint)) return "request-id-reused";
      }
      return { audit, isNew: inserted === 1 };
    },
    lastBeginTime: async () => (await getLastBeginTime(database))?.createTime,
    keepAlive: (auditIds) => updateAuditTimes(database, { auditIds, now: clock.now() }),
    progress: (auditId, checkedCount) => updateAuditProgress(database, { auditId, checkedCount: BigInt(checkedCount), now: clock.now() }),
    async addFindings(auditId, findings) {
      await insertViolations(database, {
        auditId,
        now: clock.now(),
        violationIds: findings.map(() => newId()),
        kinds: findings.map(({ kind }) => kind),
        subjects: findings.map(({ subject }) => subject),
        expectations: findings.map(({ expected }) => expected),
        actuals: findings.map(({ actual }) => actual),
        repairables: findings.map(({ repairable }) => repairable),
      });
    },
    async end(auditId, { state, checkedCount, violationCount, error }) {
      await endAudit(database, { auditId, state, error, checkedCount: BigInt(checkedCount), violationCount: BigInt(violationCount), now: clock.now() });
    },
    async abortForgotten(before) {
      await abortForgottenAudits(database, { before, now: clock.now(), error: "The process that ran it is gone." });
    },
    async deleteOld(before) {
      await deleteOldAudits(database, { before });
    },
    listViolations: ({ auditId, kind, afterViolationId, maxRows }) =>
      listViolations(database, { auditId, kind: kind ?? null, afterViolationId: afterViolationId ?? nilUuid, maxRows }),
    getViolation: (auditId, violationId) => getViolation(database, { auditId, violationId }),
    markRepaired: (violationId) => markViolationRepaired(database, { violationId }),
  };
}
