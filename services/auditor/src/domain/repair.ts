import { reservationOfSubject, stockOfSubject } from "./finding.ts";
import type { AuditStore, Services, Violation } from "./ports.ts";

/** What became of a repair. */
export type RepairOutcome =
  | { readonly kind: "repaired"; readonly violation: Violation }
  | { readonly kind: "unsafe"; readonly description: string }
  | { readonly kind: "audit-not-found" }
  | { readonly kind: "violation-not-found" };

/**
 * Mends one violation. Each repair is decided anew by the service that owns the data, under its locks, so that one which comes late, or twice, does no harm.
 * None puts a unit on sale that somebody may own: a hold is given back only after the order service has closed its id for ever.
 */
export async function repairViolation({ store, services }: { readonly store: AuditStore; readonly services: Services }, auditId: string, violationId: string): Promise<RepairOutcome> {
  if ((await store.get(auditId)) === undefined) return { kind: "audit-not-found" };
  const violation = await store.getViolation(auditId, violationId);
  if (violation === undefined) return { kind: "violation-not-found" };
  if (violation.state === "REPAIRED") return { kind: "repaired", violation };
  const refusal = await mend(services, violation);
  if (refusal !== undefined) return { kind: "unsafe", description: refusal };
  await store.markRepaired(violationId);
  return { kind: "repaired", violation: { ...violation, state: "REPAIRED" } };
}

/** Undefined: done. Otherwise why not. */
async function mend(services: Services, { auditId, kind, subject, repairable }: Violation): Promise<string | undefined> {
  const stock = stockOfSubject(subject);
  const reservationId = reservationOfSubject(subject);
  if (stock !== undefined) return services.reconcileStock(stock, `audit ${auditId}: ${kind}`);
  if (!repairable || reservationId === undefined) return "nobody but an admin can tell which side is right";
  const orderId = await services.closeReservation(reservationId);
  if (kind === "ORPHAN_HOLD") {
    if (orderId !== undefined) return `order ${orderId} stands behind the hold by now`;
    await services.release(reservationId);
    return undefined;
  }
  if (orderId === undefined) return "no order stands behind the hold";
  await services.commit(reservationId, orderId);
  return undefined;
}
