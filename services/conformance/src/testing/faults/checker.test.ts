import { describe, expect, it } from "vitest";
import { findFaults, type Snapshot } from "./checker.ts";
import type { EventType, HistoryEvent, Operation } from "./history.ts";

/** A sale in which one order was paid, one cancelled, one left to expire, and one refused. */
const operations = {
  paid: { f: "create", key: "k1", userId: "u1", lines: [{ dealId: "d", quantity: 2 }] },
  cancelled: { f: "create", key: "k2", userId: "u1", lines: [{ dealId: "d", quantity: 1 }] },
  expired: { f: "create", key: "k3", userId: "u2", lines: [{ dealId: "d", quantity: 1 }] },
  refused: { f: "create", key: "k4", userId: "u2", lines: [{ dealId: "d", quantity: 5 }] },
  pay: { f: "pay", key: "p1", orderKey: "k1", orderId: "o1" },
  cancel: { f: "cancel", key: "c2", orderKey: "k2", orderId: "o2" },
  cancelPaid: { f: "cancel", key: "c1", orderKey: "k1", orderId: "o1" },
  payAgain: { f: "pay", key: "p2", orderKey: "k1", orderId: "o1" },
} as const satisfies Record<string, Operation>;

const event = (type: EventType, operation: Operation, orderId?: string): Omit<HistoryEvent, "index"> => ({ timeMs: 0, process: 0, type, operation, ...(orderId && { orderId }) });
const numbered = (events: readonly Omit<HistoryEvent, "index">[]): HistoryEvent[] => events.map((each, index) => ({ index, ...each }));

const history = [
  event("invoke", operations.paid),
  event("info", operations.paid),
  event("invoke", operations.paid),
  event("ok", operations.paid, "o1"),
  event("invoke", operations.cancelled),
  event("ok", operations.cancelled, "o2"),
  event("invoke", operations.expired),
  event("info", operations.expired),
  event("invoke", operations.refused),
  event("fail", operations.refused),
  event("invoke", operations.pay),
  event("ok", operations.pay, "o1"),
  event("invoke", operations.cancel),
  event("ok", operations.cancel, "o2"),
];

const sound: Snapshot = {
  items: [{ item: "i", dealId: "d" }],
  ordersByKey: [
    { key: "k1", orderId: "o1" },
    { key: "k2", orderId: "o2" },
    { key: "k3", orderId: "o3" },
  ],
  claims: [
    { reservationId: "r1", orderId: "o1" },
    { reservationId: "r2", orderId: "o2" },
    { reservationId: "r3", orderId: "o3" },
  ],
  holdMovements: [
    { item: "i", reservationId: "r1" },
    { item: "i", reservationId: "r2" },
    { item: "i", reservationId: "r3" },
  ],
  orders: [
    { orderId: "o1", userId: "u1", state: "PAID", paymentState: "CAPTURED", reservationId: "r1" },
    { orderId: "o2", userId: "u1", state: "CANCELLED", paymentState: "NONE", reservationId: "r2" },
    { orderId: "o3", userId: "u2", state: "EXPIRED", paymentState: "NONE", reservationId: "r3" },
  ],
  orderLines: [
    { orderId: "o1", dealId: "d", quantity: 2 },
    { orderId: "o2", dealId: "d", quantity: 1 },
    { orderId: "o3", dealId: "d", quantity: 1 },
  ],
  reservations: [
    { reservationId: "r1", userId: "u1", state: "COMMITTED" },
    { reservationId: "r2", userId: "u1", state: "RELEASED" },
    { reservationId: "r3", userId: "u2", state: "EXPIRED" },
  ],
  reservationLines: [
    { reservationId: "r1", dealId: "d", item: "i", quantity: 2 },
    { reservationId: "r2", dealId: "d", item: "i", quantity: 1 },
    { reservationId: "r3", dealId: "d", item: "i", quantity: 1 },
  ],
  stocks: [{ item: "i", onHand: 8, reserved: 0, onHandSum: 8, reservedSum: 0, received: 10 }],
  captures: [{ orderId: "o1", captured: 1, refunded: 0 }],
  readModel: [{ item: "i", onHand: 8, reserved: 0 }],
};

const without = <T>(items: readonly T[], index: number): T[] => items.filter((_, at) => at !== index);
const changed = <T>(items: readonly T[], index: number, change: Partial<T>): T[] => items.map((item, at) => (at === index ? { ...item, ...change } : item));

/** The sale without its third order, of which nobody knew. */
const withoutUnknown: Partial<Snapshot> = {
  ordersByKey: without(sound.ordersByKey, 2),
  claims: without(sound.claims, 2),
  orders: without(sound.orders, 2),
  orderLines: without(sound.orderLines, 2),
};
const another = { orderId: "o4", userId: "u2", state: "EXPIRED", paymentState: "NONE", reservationId: "r4" };
const found = (events: readonly Omit<HistoryEvent, "index">[], damage: Partial<Snapshot> = {}): string => findFaults(numbered(events), { ...sound, ...damage }).join("\n");

describe("checker of faults", () => {
  it("finds nothing in a sound sale, whose unknown order may be there or not", () => {
    expect(found(history)).toBe("");
    expect(found(history, withoutUnknown)).toBe("");
  });

  it.each<[string, Partial<Snapshot>, RegExp]>([
    ["an acknowledged order is missing", { orders: without(sound.orders, 0), orderLines: without(sound.orderLines, 0) }, /o1 was acknowledged and is lost/],
    ["an order is somebody else's", { orders: changed(sound.orders, 0, { userId: "u9" }) }, /o1 belongs to somebody else/],
    ["a bundle lost a line of its order", { orderLines: without(sound.orderLines, 0) }, /o1 has other lines/],
    ["a bundle is held in part", { reservationLines: without(sound.reservationLines, 0) }, /o1 and its hold have different lines/],
    ["an order was made by nobody", { orders: [...sound.orders, { ...another, orderId: "o9" }] }, /o9 was made by 0 keys: nobody/],
    ["a key had its effect twice", { orders: [...sound.orders, another], ordersByKey: [...sound.ordersByKey, { key: "k1", orderId: "o4" }] }, /key k1 made 2 orders/],
    ["two keys share one order", { ordersByKey: changed(sound.ordersByKey, 2, { orderId: "o2" }) }, /o2 was made by 2 keys/],
    ["two orders share one hold", { orders: changed(sound.orders, 1, { reservationId: "r1" }) }, /3 orders share 2 holds/],
    ["an unknown order is there twice", { orders: [...sound.orders, another], ordersByKey: [...sound.ordersByKey, { key: "k3", orderId: "o4" }] }, /key k3 made 2 orders/],
    ["an acknowledged key is remembered with another order", { ordersByKey: changed(sound.ordersByKey, 0, { orderId: "o4" }) }, /o1 was acknowledged, and key k1 made o4/],
    ["an unknown order is remembered and not there", { orders: without(sound.orders, 2), orderLines: without(sound.orderLines, 2) }, /o3 is remembered for key k3 and is lost/],
    ["a payment was forgotten", { orders: changed(sound.orders, 0, { state: "EXPIRED" }) }, /o1 was paid and is EXPIRED/],
    ["a payment was undone by nobody", { orders: changed(sound.orders, 0, { state: "CANCELLED" }) }, /o1 was paid and is CANCELLED/],
    ["a cancellation was forgotten", { orders: changed(sound.orders, 1, { state: "EXPIRED" }) }, /o2 was cancelled and is EXPIRED/],
    ["an order is paid that nobody paid", { orders: changed(sound.orders, 2, { state: "PAID" }) }, /o3 is PAID, and nobody paid/],
    ["an order is open at rest", { orders: changed(sound.orders, 2, { state: "PENDING_PAYMENT" }) }, /o3 is PENDING_PAYMENT at rest/],
    ["a paid order's hold is gone", { reservations: changed(sound.reservations, 0, { state: "EXPIRED" }) }, /o1 is PAID, its hold EXPIRED/],
    ["a hold never ended", { reservations: changed(sound.reservations, 2, { state: "HELD" }) }, /r3 never ended/],
    ["a hold was sold to nobody", { reservations: [...sound.reservations, { reservationId: "r9", userId: "u", state: "COMMITTED" }] }, /r9 was sold to no order/],
    ["money was taken twice", { captures: [{ orderId: "o1", captured: 2, refunded: 0 }] }, /o1 is PAID, and its money is with the provider 2 times/],
    ["money of an expired order was kept", { captures: [...sound.captures, { orderId: "o3", captured: 1, refunded: 0 }] }, /o3 is EXPIRED, and its money/],
    ["more was sold than there was", { stocks: changed(sound.stocks, 0, { onHand: -1, onHandSum: -1, received: 1 }) }, /on hand -1/],
    ["a unit was sold twice: the sum is not constant", { stocks: changed(sound.stocks, 0, { onHand: 9, onHandSum: 9 }) }, /received 10, there 9, sold 2/],
    ["a unit is lost", { stocks: changed(sound.stocks, 0, { onHand: 7, onHandSum: 7 }) }, /received 10, there 7, sold 2/],
    ["an item is gone from the books", { stocks: [] }, /i: there are no books/],
    ["a unit stays reserved", { stocks: changed(sound.stocks, 0, { reserved: 1, reservedSum: 1 }) }, /1 units are reserved at rest/],
    ["the ledger does not add up", { stocks: changed(sound.stocks, 0, { onHandSum: 9 }) }, /the ledger adds up to 9/],
    ["the read model is wrong", { readModel: [{ item: "i", onHand: 9, reserved: 0 }] }, /the read model says 9/],
    ["the ledger sold in another order than buyers were answered", { holdMovements: sound.holdMovements.toReversed() }, /key k1: its place in the ledger/],
  ])("says that %s", (_, damage, expected) => {
    expect(found(history, damage)).toMatch(expected);
  });

  it("says that a key was answered with two orders", () => {
    expect(found([...history, event("ok", operations.paid, "o2")])).toMatch(/key k1 was answered with 2 orders/);
  });

  it("says that an order exists though every call was refused, and believes that an unanswered call came later", () => {
    const refused = history.map((each) => (each.operation === operations.expired && each.type === "info" ? { ...each, type: "fail" as const } : each));
    expect(found(refused)).toMatch(/o3 .* though it was refused/);
    expect(found(refused, withoutUnknown)).toBe("");
    const both = [...history, event("invoke", operations.expired), event("fail", operations.expired)];
    expect(found(both)).toBe("");
    expect(found(both, withoutUnknown)).toBe("");
  });

  it("lets a cancellation that nobody answered undo an acknowledged payment, or not, but not by halves", () => {
    const unknown = [...history, event("invoke", operations.cancelPaid), event("info", operations.cancelPaid)];
    const undone: Partial<Snapshot> = {
      orders: changed(sound.orders, 0, { state: "CANCELLED" }),
      reservations: changed(sound.reservations, 0, { state: "RETURNED" }),
      captures: [{ orderId: "o1", captured: 1, refunded: 1 }],
      stocks: changed(sound.stocks, 0, { onHand: 10, onHandSum: 10 }),
      readModel: [{ item: "i", onHand: 10, reserved: 0 }],
    };
    expect(found(unknown)).toBe("");
    expect(found(unknown, undone)).toBe("");
    expect(found(history, undone)).toMatch(/o1 was paid and is CANCELLED/);
    expect(found(unknown, { ...undone, captures: sound.captures })).toMatch(/o1 is CANCELLED, and its money is with the provider 1 times/);
    expect(found(unknown, { ...undone, reservations: sound.reservations })).toMatch(/o1 is CANCELLED, its hold COMMITTED/);
    const refused = [...history, event("invoke", operations.cancelPaid), event("fail", operations.cancelPaid)];
    expect(found(refused, undone)).toMatch(/o1 was paid and is CANCELLED/);
  });

  it("says that an order was paid by two keys", () => {
    expect(found([...history, event("invoke", operations.payAgain), event("ok", operations.payAgain, "o1")])).toMatch(/o1 was paid by 2 keys/);
  });
});
