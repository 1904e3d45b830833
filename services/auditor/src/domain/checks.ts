import { stockSubject, type Finding } from "./finding.ts";
import type { Book, Order, OrderState, ReadStock, Reservation, ReservationState } from "./ports.ts";

/** The rules: what each service says must agree with what the others say. Pure; whoever calls decides whether to look again. */

/** State, movements and holds of a key must agree. The inventory answers them in one snapshot, so no second look is needed. */
export function checkBook(book: Book): Finding[] {
  const { onHand, reserved, onHandSum, reservedSum, held } = book;
  const subject = stockSubject(book);
  const findings: Finding[] = [];
  if (onHand !== onHandSum || reserved !== reservedSum) {
    const [expected, actual] = [`movements: on hand ${onHandSum}, reserved ${reservedSum}`, `state: on hand ${onHand}, reserved ${reserved}`];
    findings.push({ kind: "LEDGER_MISMATCH", subject, expected, actual, repairable: mayReconcile(book) });
  }
  if (reserved !== held) {
    findings.push({ kind: "RESERVED_MISMATCH", subject, expected: `holds: ${held}`, actual: `reserved: ${reserved}`, repairable: mayReconcile(book) });
  }
  return findings;
}

/** The inventory decides under its locks; this only tells what it would refuse. */
function mayReconcile({ onHand, onHandSum, reserved, held }: Book): boolean {
  return reserved <= held && (onHand < onHandSum ? onHand : onHandSum) >= held;
}

/** The read model must have reached the version that the inventory had when it was asked, and be right where it has that very version. */
export function checkReadModel(book: Book, read: ReadStock | undefined): Finding | undefined {
  const expected = `version ${book.version}: on hand ${book.onHand}, reserved ${book.reserved}`;
  const finding = (actual: string): Finding => ({ kind: "READ_MODEL_STALE", subject: stockSubject(book), expected, actual, repairable: true });
  if (read === undefined) return finding("unknown");
  const differs = read.version === book.version && (read.onHand !== book.onHand || read.reserved !== book.reserved);
  return read.version < book.version || differs ? finding(`version ${read.version}: on hand ${read.onHand}, reserved ${read.reserved}`) : undefined;
}

/** Which states of an order go with which of its reservation, when all events have arrived. */
const agreeing: Readonly<Record<OrderState, readonly ReservationState[]>> = {
  PENDING_PAYMENT: ["HELD"],
  PAID: ["COMMITTED"],
  SHIPPED: ["COMMITTED"],
  DELIVERED: ["COMMITTED"],
  CANCELLED: ["RELEASED", "EXPIRED", "RETURNED"],
  EXPIRED: ["RELEASED", "EXPIRED", "RETURNED"],
  UNKNOWN: [],
};

/** An order that holds or has sold units must have a reservation of the same units, as far along as itself. */
export function checkOrder(order: Order, reservation: Reservation | undefined): Finding | undefined {
  const subject = `order/${order.orderId}`;
  const expected = `${order.state}, ${unitsText(order.units)}`;
  if (reservation === undefined) return { kind: "ORDER_MISMATCH", subject, expected, actual: `no reservation ${order.reservationId}`, repairable: false };
  if (agreeing[order.state].includes(reservation.state) && sameUnits(order.units, reservation.units)) return undefined;
  const actual = `reservation ${order.reservationId}: ${reservation.state}, ${unitsText(reservation.units)}`;
  return { kind: "ORDER_MISMATCH", subject, expected, actual, repairable: false };
}

/**
 * A reservation that holds or has sold units must have an order that goes with it. One that was never claimed may wait for its order until its time,
 * and `graceMs` more, is over: until then the order service may be about to store it, after that the inventory should have ended it.
 */
export function checkReservation(reservation: Reservation, claim: { readonly order: Order | undefined } | undefined, now: Date, graceMs: number): Finding | undefined {
  const { reservationId, state, expireTime, units } = reservation;
  const subject = `reservation/${reservationId}`;
  const actual = `${state}, ${unitsText(units)}`;
  const order = claim?.order;
  if (order === undefined) {
    if (state === "COMMITTED") return { kind: "ORDER_MISMATCH", subject, expected: "an order", actual, repairable: false };
    const overdue = now.getTime() > expireTime.getTime() + graceMs;
    return claim !== undefined || overdue ? { kind: "ORPHAN_HOLD", subject, expected: "no hold without an order", actual, repairable: true } : undefined;
  }
  if (order.reservationId !== reservationId) {
    return { kind: "ORDER_MISMATCH", subject, expected: `given back, since order ${order.orderId} went on with another reservation`, actual, repairable: false };
  }
  if (agreeing[order.state].includes(state) && sameUnits(order.units, units)) return undefined;
  const paid = ["PAID", "SHIPPED", "DELIVERED"].includes(order.state);
  const repairable = paid && state === "HELD" && sameUnits(order.units, units);
  return { kind: "ORDER_MISMATCH", subject, expected: `as order ${order.orderId}: ${order.state}, ${unitsText(order.units)}`, actual, repairable };
}

function sameUnits(a: ReadonlyMap<string, bigint>, b: ReadonlyMap<string, bigint>): boolean {
  return a.size === b.size && [...a].every(([dealId, quantity]) => b.get(dealId) === quantity);
}

function unitsText(units: ReadonlyMap<string, bigint>): string {
  return [...units].map(([dealId, quantity]) => `${quantity} of deal ${dealId}`).join(", ");
}
