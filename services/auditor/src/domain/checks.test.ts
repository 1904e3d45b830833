import { expect, test } from "vitest";
import { checkBook, checkOrder, checkReadModel, checkReservation } from "./checks.ts";
import type { Book, Order, OrderState, Reservation, ReservationState } from "./ports.ts";

const now = new Date("2026-01-01T00:10:00Z");
const graceMs = 60_000;
const units = new Map([["deal", 2n]]);
const book: Book = { vendorItemId: "v", fulfillmentCenterId: "f", onHand: 10n, reserved: 2n, version: 5n, onHandSum: 10n, reservedSum: 2n, held: 2n };
const reservationOf = (state: ReservationState, change: Partial<Reservation> = {}): Reservation => {
  return { reservationId: "r", userId: "u", state, units, expireTime: now, ...change };
};
const orderOf = (state: OrderState, change: Partial<Order> = {}): Order => ({ orderId: "o", reservationId: "r", state, units, ...change });

const check = (state: ReservationState, order: Order) => checkReservation(reservationOf(state), { order }, now, graceMs);

test("books - agree, or are told apart by what disagrees", () => {
  expect(checkBook(book)).toEqual([]);
  expect(checkBook({ ...book, onHand: 11n }).map(({ kind, repairable }) => [kind, repairable])).toEqual([["LEDGER_MISMATCH", true]]);
  expect(checkBook({ ...book, held: 3n }).map(({ kind, repairable }) => [kind, repairable])).toEqual([["RESERVED_MISMATCH", true]]);
  expect(checkBook({ ...book, held: 1n }).map(({ kind, repairable }) => [kind, repairable])).toEqual([["RESERVED_MISMATCH", false]]);
});

test("read model - may be ahead, must not be behind, and must be right where it is level", () => {
  const read = { vendorItemId: "v", fulfillmentCenterId: "f", onHand: 10n, reserved: 2n, version: 5n };
  expect(checkReadModel(book, read)).toBeUndefined();
  expect(checkReadModel(book, { ...read, version: 6n, reserved: 4n })).toBeUndefined();
  expect(checkReadModel(book, { ...read, version: 4n })).toMatchObject({ kind: "READ_MODEL_STALE", subject: "stock/v/f" });
  expect(checkReadModel(book, { ...read, reserved: 1n })?.kind).toBe("READ_MODEL_STALE");
  expect(checkReadModel(book, undefined)?.actual).toBe("unknown");
});

test("orders - go with exactly these states of their reservation", () => {
  const orders: readonly OrderState[] = ["PENDING_PAYMENT", "PAID", "SHIPPED", "DELIVERED"];
  const reservations: readonly ReservationState[] = ["HELD", "COMMITTED", "RELEASED", "EXPIRED", "RETURNED"];
  const fine = orders.flatMap((order) => reservations.filter((state) => checkOrder(orderOf(order), reservationOf(state)) === undefined).map((state) => `${order} ${state}`));
  expect(fine).toEqual(["PENDING_PAYMENT HELD", "PAID COMMITTED", "SHIPPED COMMITTED", "DELIVERED COMMITTED"]);
  expect(checkOrder(orderOf("PAID"), undefined)?.actual).toBe("no reservation r");
  expect(checkOrder(orderOf("PAID"), reservationOf("COMMITTED", { units: new Map([["deal", 1n]]) }))?.kind).toBe("ORDER_MISMATCH");
});

test("reservations - one that was never claimed may wait for its order until its time and the grace are over", () => {
  const waiting = (msAgo: number) => reservationOf("HELD", { expireTime: new Date(now.getTime() - msAgo) });
  expect(checkReservation(waiting(graceMs), undefined, now, graceMs)).toBeUndefined();
  expect(checkReservation(waiting(graceMs + 1), undefined, now, graceMs)).toMatchObject({ kind: "ORPHAN_HOLD", repairable: true });
});

test("reservations - one that was closed without an order is an orphan at once; a sale without an order is left to an admin", () => {
  expect(checkReservation(reservationOf("HELD", { expireTime: new Date(now.getTime() + 1_000) }), { order: undefined }, now, graceMs)?.kind).toBe("ORPHAN_HOLD");
  expect(checkReservation(reservationOf("COMMITTED"), { order: undefined }, now, graceMs)).toMatchObject({ kind: "ORDER_MISMATCH", repairable: false });
});

test("reservations - only a hold whose order is paid can be mended by itself", () => {
  expect(check("HELD", orderOf("PENDING_PAYMENT"))).toBeUndefined();
  expect(check("HELD", orderOf("PAID"))).toMatchObject({ kind: "ORDER_MISMATCH", repairable: true });
  expect(check("HELD", orderOf("PAID", { units: new Map([["deal", 9n]]) }))?.repairable).toBe(false);
  expect(check("HELD", orderOf("EXPIRED"))?.repairable).toBe(false);
  expect(check("HELD", orderOf("PAID", { reservationId: "other" }))?.expected).toContain("another reservation");
});
