import { checkBook, checkOrder, checkReservation, hasUnits, settlementOf } from "./checks.ts";
import { readSubject, stockSubject, type Subject } from "./finding.ts";
import type { AuditStore, Clock, Services, Violation } from "./ports.ts";

/** What a repair works with. */
export interface RepairContext {
  readonly store: AuditStore;
  readonly services: Services;
  readonly clock: Clock;
  /** How long a hold without an order may outlive its time, in milliseconds. */
  readonly holdGraceMs: number;
}

/** What became of a repair. */
export type RepairOutcome =
  | { readonly kind: "repaired"; readonly violation: Violation }
  | { readonly kind: "unsafe"; readonly description: string }
  | { readonly kind: "audit-not-found" }
  | { readonly kind: "violation-not-found" };

const forAdmin = "nobody but an admin can tell which side is right";

/**
 * Mends one violation. What is wrong is looked at anew, so that a repair which comes late, or twice, does no harm; what is in order by now is
 * repaired. None puts a unit on sale that somebody may own: a hold is given back only where its order has ended, or after the order service has
 * closed its id for ever.
 */
export async function repairViolation(context: RepairContext, auditId: string, violationId: string, signal: AbortSignal): Promise<RepairOutcome> {
  const { store } = context;
  if ((await store.get(auditId)) === undefined) return { kind: "audit-not-found" };
  const violation = await store.getViolation(auditId, violationId);
  if (violation === undefined) return { kind: "violation-not-found" };
  if (violation.state === "REPAIRED") return { kind: "repaired", violation };
  const refusal = await mend(context, violation, signal);
  if (refusal !== undefined) return { kind: "unsafe", description: refusal };
  await store.markRepaired(violationId);
  return { kind: "repaired", violation: { ...violation, state: "REPAIRED" } };
}

/** Undefined: done. Otherwise why not. */
async function mend(context: RepairContext, violation: Violation, signal: AbortSignal): Promise<string | undefined> {
  const { repairs } = context.services;
  const reason = `audit ${violation.auditId}: ${violation.kind}`;
  const subject = readSubject(violation.subject);
  switch (subject.type) {
    case "stock":
      return mendStock(context, subject, violation, signal);
    case "purchase":
      return repairs.reconcilePurchase(subject.dealId, subject.userId);
    case "reservation":
      return mendReservation(context, subject.reservationId, reason, signal);
    case "order":
      return mendOrder(context, subject.orderId, signal);
  }
}

type StockSubject = Extract<Subject, { type: "stock" }>;

async function mendStock({ services }: RepairContext, key: StockSubject, { auditId, kind }: Violation, signal: AbortSignal): Promise<string | undefined> {
  switch (kind) {
    case "READ_MODEL_STALE": {
      const read = (await services.getReadStocks([key], signal)).get(stockSubject(key));
      await services.repairs.republishStock(key, read?.version ?? 0n);
      return undefined;
    }
    case "SOLD_MISMATCH": {
      const { items } = await services.listBooks(key.vendorItemId, "", signal);
      const book = items.find((item) => stockSubject(item) === stockSubject(key));
      return book !== undefined && checkBook(book).some((finding) => finding.kind === kind) ? forAdmin : undefined;
    }
    default:
      return services.repairs.reconcileStock(key, `audit ${auditId}: ${kind}`);
  }
}

async function mendReservation({ services, clock, holdGraceMs }: RepairContext, reservationId: string, reason: string, signal: AbortSignal): Promise<string | undefined> {
  const { repairs } = services;
  const reservation = (await services.getReservations([reservationId], signal)).get(reservationId);
  if (reservation === undefined || !["HELD", "COMMITTED"].includes(reservation.state)) return undefined;
  const claim = (await services.getClaims([reservationId], signal)).get(reservationId);
  const finding = checkReservation(reservation, claim, clock.now(), holdGraceMs);
  if (finding === undefined) return undefined;
  const order = claim?.order;
  if (order !== undefined) {
    const settlement = settlementOf(reservation, order);
    if (settlement === undefined) return forAdmin;
    return (await repairs[settlement](reservationId, order.orderId, reason)) ? undefined : "the reservation went another way meanwhile";
  }
  if (finding.kind !== "ORPHAN_HOLD") return forAdmin;
  // The claim may be what is lost. The user's orders tell by themselves.
  const unclaimed = await repairs.findOrderOf(reservation.userId, reservationId);
  if (unclaimed !== undefined) return `order ${unclaimed} goes with the hold, though it has no claim on it`;
  const orderId = await repairs.closeReservation(reservationId);
  if (orderId !== undefined) return `order ${orderId} stands behind the hold by now`;
  // Where it went another way meanwhile, it holds nothing any more either.
  await repairs.release(reservationId, "", reason);
  return undefined;
}

async function mendOrder({ services }: RepairContext, orderId: string, signal: AbortSignal): Promise<string | undefined> {
  const order = await services.getOrder(orderId, signal);
  if (order === undefined || !hasUnits(order)) return undefined;
  const { reservationId } = order;
  const reservation = (await services.getReservations([reservationId], signal)).get(reservationId);
  const claim = (await services.getClaims([reservationId], signal)).get(reservationId);
  return checkOrder(order, reservation, claim) === undefined ? undefined : forAdmin;
}
