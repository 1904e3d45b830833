import { expect, test } from "vitest";
import { checkBook, checkOrder, checkPurchase, checkReadModel, checkReadModelAhead, checkReservation, settlementOf } from "./checks.ts";
import type { Book, Order, OrderState, Reservation, ReservationState } from "./ports.ts";

const now = new Date("2026-01-01T00:10:00Z");
const graceMs = 60_000;
const units = new Map([["deal", 2n]]);
const book: Book = { vendorItemId: "v", fulfillmentCenterId: "f", onHand: 10n, reserved: 2n, version: 5n, onHandSum: 10n, reservedSum: 2n, held: 2n, soldSum: 4n, sold: 4n };
const reservationOf = (state: ReservationState, change: Partial<Reservation> = {}): Reservation => {
  return { reservationId: "r", userId: "u", state, units, expireTime: now, ...change };
};
const orderOf = (state: OrderState, change: Partial<Order> = {}): Order => ({ orderId: "o", reservationId: "r", state, units, ...change });
const claimed = (order: Order, reservation: Reservation | undefined) => checkOrder(order, reservation, { order });
const claimedBy = (claim: Parameters<typeof checkOrder>[2]) => checkOrder(orderOf("PAID"), reservationOf("COMMITTED"), claim)?.actual;
const check = (state: ReservationState, order: Order) => checkReservation(reservationOf(state), { order }, now, graceMs);
const mended = (state: ReservationState, order: Order) => [check(state, order)?.repairable, settlementOf(reservationOf(state), order)];

test("books - agree, or are told apart by what disagrees", () => {
  expect(checkBook(book)).toEqual([]);
  expect(checkBook({ ...book, onHand: 11n }).map(({ kind, repairable }) => [kind, repairable])).toEqual([["LEDGER_MISMATCH", true]]);
  expect(checkBook({ ...book, held: 3n }).map(({ kind, repairable }) => [kind, repairable])).toEqual([["RESERVED_MISMATCH", true]]);
  expect(checkBook({ ...book, held: 1n }).map(({ kind, repairable }) => [kind, repairable])).toEqual([["RESERVED_MISMATCH", false]]);
  expect(checkBook({ ...book, sold: 5n }).map(({ kind, repairable }) => [kind, repairable])).toEqual([["SOLD_MISMATCH", false]]);
});

test("purchases - a count that is too low is raised; one that is too high is left", () => {
  const buyer = { dealId: "d", userId: "u", counted: 1n, reserved: 2n };
  expect(checkPurchase(buyer)).toMatchObject({ kind: "PURCHASE_MISMATCH", subject: "purchase/d/u", repairable: true });
  expect(checkPurchase({ ...buyer, counted: 3n }).repairable).toBe(false);
});

test("read model - may be ahead, must not be behind, and must be right where it is level", () => {
  const read = { vendorItemId: "v", fulfillmentCenterId: "f", onHand: 10n, reserved: 2n, version: 5n };
  expect(checkReadModel(book, read)).toBeUndefined();
  expect(checkReadModel(book, { ...read, version: 6n, reserved: 4n })).toBeUndefined();
  expect(checkReadModel(book, { ...read, version: 4n })).toMatchObject({ kind: "READ_MODEL_STALE", subject: "stock/v/f" });
  expect(checkReadModel(book, { ...read, reserved: 1n })?.kind).toBe("READ_MODEL_STALE");
  expect(checkReadModel(book, undefined)?.actual).toBe("unknown");
});

test("read model - must not be ahead of an inventory that is asked after it", () => {
  const read = { vendorItemId: "v", fulfillmentCenterId: "f", onHand: 10n, reserved: 2n, version: 6n };
  expect(checkReadModelAhead({ ...book, version: 6n }, read)).toBeUndefined();
  expect(checkReadModelAhead(book, read)?.kind).toBe("READ_MODEL_STALE");
});

test("orders - go with exactly these states of their reservation", () => {
  const orders: readonly OrderState[] = ["PENDING_PAYMENT", "PAID", "SHIPPED", "DELIVERED"];
  const reservations: readonly ReservationState[] = ["HELD", "COMMITTED", "RELEASED", "EXPIRED", "RETURNED"];
  const fine = orders.flatMap((order) => reservations.filter((state) => claimed(orderOf(order), reservationOf(state)) === undefined).map((state) => `${order} ${state}`));
  expect(fine).toEqual(["PENDING_PAYMENT HELD", "PAID COMMITTED", "SHIPPED COMMITTED", "DELIVERED COMMITTED"]);
  expect(claimed(orderOf("PAID"), undefined)?.actual).toBe("no reservation r");
  expect(claimed(orderOf("PAID"), reservationOf("COMMITTED", { units: new Map([["deal", 1n]]) }))?.kind).toBe("ORDER_MISMATCH");
});

test("orders - must have claimed their reservation, and each its own", () => {
  expect(claimedBy(undefined)).toBe("reservation r is claimed for nobody");
  expect(claimedBy({ order: undefined })).toBe("reservation r is claimed for no order for ever");
  expect(claimedBy({ order: orderOf("PAID", { orderId: "other" }) })).toBe("reservation r is claimed for order other");
});

test("reservations - one that was never claimed may wait for its order until its time and the grace are over", () => {
  const waiting = (msAgo: number) => reservationOf("HELD", { expireTime: new Date(now.getTime() - msAgo) });
  expect(checkReservation(waiting(graceMs), undefined, now, graceMs)).toBeUndefined();
  expect(checkReservation(waiting(graceMs + 1), undefined, now, graceMs)).toMatchObject({ kind: "ORPHAN_HOLD", repairable: true });
});

test("reservations - one that was closed without an order may wait as long; a sale without an order is left to an admin", () => {
  const closed = (msAgo: number) => checkReservation(reservationOf("HELD", { expireTime: new Date(now.getTime() - msAgo) }), { order: undefined }, now, graceMs)?.kind;
  expect([closed(graceMs), closed(graceMs + 1)]).toEqual([undefined, "ORPHAN_HOLD"]);
  expect(checkReservation(reservationOf("COMMITTED"), { order: undefined }, now, graceMs)).toMatchObject({ kind: "ORDER_MISMATCH", repairable: false });
});

test("reservations - a hold whose order is paid or has ended can be mended, nothing else", () => {
  expect(check("HELD", orderOf("PENDING_PAYMENT"))).toBeUndefined();
  expect(mended("HELD", orderOf("PAID"))).toEqual([true, "commit"]);
  expect(mended("HELD", orderOf("EXPIRED"))).toEqual([true, "release"]);
  expect(mended("HELD", orderOf("CANCELLED"))).toEqual([true, "release"]);
  expect(mended("HELD", orderOf("PAID", { reservationId: "other" }))).toEqual([true, "release"]);
  expect(mended("HELD", orderOf("PAID", { units: new Map([["deal", 9n]]) }))).toEqual([false, undefined]);
  expect(mended("COMMITTED", orderOf("CANCELLED"))).toEqual([false, undefined]);
  expect(mended("COMMITTED", orderOf("PAID", { reservationId: "other" }))).toEqual([false, undefined]);
});
