import { stockSubject, type Finding } from "./finding.ts";
import type { Book, Claim, Order, OrderState, PurchaseMismatch, ReadStock, Reservation, ReservationState } from "./ports.ts";

/** The rules: what each service says must agree with what the others say. Pure; whoever calls decides whether to look again. */

/** State, movements and holds of a key must agree. The inventory answers them in one snapshot, so no second look is needed. */
export function checkBook(book: Book): Finding[] {
  const { onHand, reserved, onHandSum, reservedSum, held, soldSum, sold } = book;
  const subject = stockSubject(book);
  const findings: Finding[] = [];
  if (onHand !== onHandSum || reserved !== reservedSum) {
    const [expected, actual] = [`movements: on hand ${onHandSum}, reserved ${reservedSum}`, `state: on hand ${onHand}, reserved ${reserved}`];
    findings.push({ kind: "LEDGER_MISMATCH", subject, expected, actual, repairable: mayReconcile(book) });
  }
  if (reserved !== held) {
    findings.push({ kind: "RESERVED_MISMATCH", subject, expected: `holds: ${held}`, actual: `reserved: ${reserved}`, repairable: mayReconcile(book) });
  }
  if (soldSum !== sold) {
    findings.push({ kind: "SOLD_MISMATCH", subject, expected: `sold reservations: ${sold}`, actual: `movements of sales: ${soldSum}`, repairable: false });
  }
  return findings;
}

/** The inventory decides under its locks; this only tells what it would refuse. */
function mayReconcile({ onHand, onHandSum, reserved, held }: Book): boolean {
  return reserved <= held && (onHand < onHandSum ? onHand : onHandSum) >= held;
}

/** The read model must have reached the version that the inventory had when it was asked, and be right where it has that very version. */
export function checkReadModel(book: Book, read: ReadStock | undefined): Finding | undefined {
  if (read === undefined) return readModelFinding(book, undefined);
  const differs = read.version === book.version && (read.onHand !== book.onHand || read.reserved !== book.reserved);
  return read.version < book.version || differs ? readModelFinding(book, read) : undefined;
}

/** The read model must not know a version that the inventory, asked after it, has not reached. */
export function checkReadModelAhead(later: Book, read: ReadStock): Finding | undefined {
  return read.version > later.version ? readModelFinding(later, read) : undefined;
}

function readModelFinding(book: Book, read: ReadStock | undefined): Finding {
  const expected = `version ${book.version}: on hand ${book.onHand}, reserved ${book.reserved}`;
  const actual = read === undefined ? "unknown" : `version ${read.version}: on hand ${read.onHand}, reserved ${read.reserved}`;
  return { kind: "READ_MODEL_STALE", subject: stockSubject(book), expected, actual, repairable: true };
}

/** What is counted against a deal's limit per user must be what the user's reservations hold or have bought. */
export function checkPurchase({ dealId, userId, counted, reserved }: PurchaseMismatch): Finding {
  // A count that is too high refuses a buyer; to lower it could let one have more than the limit.
  const repairable = counted < reserved;
  return { kind: "PURCHASE_MISMATCH", subject: `purchase/${dealId}/${userId}`, expected: `reservations: ${reserved}`, actual: `counted: ${counted}`, repairable };
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

const withUnits: ReadonlySet<OrderState> = new Set(["PENDING_PAYMENT", "PAID", "SHIPPED", "DELIVERED", "UNKNOWN"]);
const paid: ReadonlySet<OrderState> = new Set(["PAID", "SHIPPED", "DELIVERED"]);
const ended: ReadonlySet<OrderState> = new Set(["CANCELLED", "EXPIRED"]);

/** Whether an order in this state holds or has sold units. */
export function hasUnits({ state }: Pick<Order, "state">): boolean {
  return withUnits.has(state);
}

/** An order that holds or has sold units must have a reservation of the same units, as far along as itself, that is claimed for it alone. */
export function checkOrder(order: Order, reservation: Reservation | undefined, claim: Claim | undefined): Finding | undefined {
  const { orderId, reservationId, state, units } = order;
  const finding = (actual: string): Finding => {
    return { kind: "ORDER_MISMATCH", subject: `order/${orderId}`, expected: `${state}, ${unitsText(units)}`, actual, repairable: false };
  };
  if (reservation === undefined) return finding(`no reservation ${reservationId}`);
  if (!agreeing[state].includes(reservation.state) || !sameUnits(units, reservation.units)) {
    return finding(`reservation ${reservationId}: ${reservation.state}, ${unitsText(reservation.units)}`);
  }
  if (claim?.order?.orderId === orderId) return undefined;
  const claimedFor = claim === undefined ? "nobody" : claim.order === undefined ? "no order for ever" : `order ${claim.order.orderId}`;
  return finding(`reservation ${reservationId} is claimed for ${claimedFor}`);
}

/**
 * A reservation that holds or has sold units must have an order that goes with it. A hold may wait for its order until its time, and `graceMs` more, is
 * over: until then the order service may be about to store it, or to give it back; after that the inventory should have ended it.
 */
export function checkReservation(reservation: Reservation, claim: Claim | undefined, now: Date, graceMs: number): Finding | undefined {
  const { reservationId, state, expireTime, units } = reservation;
  const finding = (kind: Finding["kind"], expected: string, repairable: boolean): Finding => {
    return { kind, subject: `reservation/${reservationId}`, expected, actual: `${state}, ${unitsText(units)}`, repairable };
  };
  const order = claim?.order;
  if (order === undefined) {
    if (state === "COMMITTED") return finding("ORDER_MISMATCH", "an order", false);
    const overdue = now.getTime() > expireTime.getTime() + graceMs;
    return overdue ? finding("ORPHAN_HOLD", "no hold without an order", true) : undefined;
  }
  const isOwn = order.reservationId === reservationId;
  if (!isOwn) return finding("ORDER_MISMATCH", `given back, since order ${order.orderId} went on with another reservation`, state === "HELD");
  const same = sameUnits(order.units, units);
  if (agreeing[order.state].includes(state) && same) return undefined;
  const repairable = state === "HELD" && same && (paid.has(order.state) || ended.has(order.state));
  return finding("ORDER_MISMATCH", `as order ${order.orderId}: ${order.state}, ${unitsText(order.units)}`, repairable);
}

/** What becomes of a hold that is not as far along as its order. Undefined: nobody but an admin can tell. */
export function settlementOf(reservation: Reservation, order: Order): "commit" | "release" | undefined {
  if (reservation.state !== "HELD") return undefined;
  if (order.reservationId !== reservation.reservationId || ended.has(order.state)) return "release";
  return paid.has(order.state) && sameUnits(order.units, reservation.units) ? "commit" : undefined;
}

function sameUnits(a: ReadonlyMap<string, bigint>, b: ReadonlyMap<string, bigint>): boolean {
  return a.size === b.size && [...a].every(([dealId, quantity]) => b.get(dealId) === quantity);
}

function unitsText(units: ReadonlyMap<string, bigint>): string {
  return [...units].map(([dealId, quantity]) => `${quantity} of deal ${dealId}`).join(", ");
}
