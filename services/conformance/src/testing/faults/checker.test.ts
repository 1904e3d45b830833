import { describe, expect, it } from "vitest";
import { findFaults, type Snapshot } from "./checker.ts";
import { toEdn, type EventType, type HistoryEvent, type Operation } from "./history.ts";
import { points } from "./faults.ts";

/** A sale in which one order was paid, one cancelled, one left to expire, and one refused. */
const operations = {
  paid: { f: "create", key: "k1", userId: "u1", lines: [{ dealId: "d", quantity: 2 }] },
  cancelled: { f: "create", key: "k2", userId: "u1", lines: [{ dealId: "d", quantity: 1 }] },
  expired: { f: "create", key: "k3", userId: "u2", lines: [{ dealId: "d", quantity: 1 }] },
  refused: { f: "create", key: "k4", userId: "u2", lines: [{ dealId: "d", quantity: 5 }] },
  pay: { f: "pay", key: "p1", orderKey: "k1", orderId: "o1" },
  cancel: { f: "cancel", key: "c2", orderKey: "k2", orderId: "o2" },
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

/** A frame of HTTP/2 with an empty payload. */
const frame = (type: number, stream: number, length: number) => {
  const bytes = Buffer.alloc(9 + length);
  bytes.writeUIntBE(length, 0, 3);
  bytes[3] = type;
  bytes.writeUInt32BE(stream, 5);
  return bytes;
};

describe("the checker of faults", () => {
  it("finds nothing in a sound sale, whose unknown order may be there or not", () => {
    expect(findFaults(numbered(history), sound)).toEqual([]);
    const absent = { ...sound, orders: without(sound.orders, 2), orderLines: without(sound.orderLines, 2) };
    expect(findFaults(numbered(history), absent)).toEqual([]);
  });

  it.each<[string, Partial<Snapshot>, RegExp]>([
    ["an acknowledged order is lost", { orders: without(sound.orders, 0) }, /o1 was acknowledged and is lost/],
    ["an order is somebody else's", { orders: changed(sound.orders, 0, { userId: "u9" }) }, /o1 belongs to somebody else/],
    ["an order lost a line", { orderLines: without(sound.orderLines, 0) }, /o1 has other lines/],
    ["an order was made by nobody", { orders: [...sound.orders, { orderId: "o9", userId: "u9", state: "EXPIRED", paymentState: "NONE", reservationId: "r2" }] }, /o9 .* was made by nobody/],
    ["an unknown order is there twice", { orders: [...sound.orders, { orderId: "o4", userId: "u2", state: "EXPIRED", paymentState: "NONE", reservationId: "r3" }], orderLines: [...sound.orderLines, { orderId: "o4", dealId: "d", quantity: 1 }] }, /o4/],
    ["a payment was forgotten", { orders: changed(sound.orders, 0, { state: "EXPIRED" }) }, /o1 was paid and is EXPIRED/],
    ["a cancellation was forgotten", { orders: changed(sound.orders, 1, { state: "EXPIRED" }) }, /o2 was cancelled and is EXPIRED/],
    ["a paid order's hold is gone", { reservations: changed(sound.reservations, 0, { state: "EXPIRED" }) }, /o1 is PAID, its hold EXPIRED/],
    ["a hold never ended", { reservations: changed(sound.reservations, 2, { state: "HELD" }) }, /r3 never ended/],
    ["a hold was sold to nobody", { reservations: [...sound.reservations, { reservationId: "r9", userId: "u", state: "COMMITTED" }] }, /r9 was sold to no order/],
    ["a bundle is held in part", { reservationLines: without(sound.reservationLines, 0) }, /o1 and its hold have different lines/],
    ["money was taken twice", { captures: [{ orderId: "o1", captured: 2, refunded: 0 }] }, /o1 is PAID, and its money is with the provider 2 times/],
    ["money of an expired order was kept", { captures: [...sound.captures, { orderId: "o3", captured: 1, refunded: 0 }] }, /o3 is EXPIRED, and its money/],
    ["a unit was sold twice", { stocks: changed(sound.stocks, 0, { onHand: 9, onHandSum: 9 }) }, /received 10, there 9, sold 2/],
    ["a unit is lost", { stocks: changed(sound.stocks, 0, { onHand: 7, onHandSum: 7 }) }, /received 10, there 7, sold 2/],
    ["a unit stays reserved", { stocks: changed(sound.stocks, 0, { reserved: 1, reservedSum: 1 }) }, /1 units are reserved at rest/],
    ["the ledger does not add up", { stocks: changed(sound.stocks, 0, { onHandSum: 9 }) }, /the ledger adds up to 9/],
    ["the read model is wrong", { readModel: [{ item: "i", onHand: 9, reserved: 0 }] }, /the read model says 9/],
  ])("says that %s", (_, damage, expected) => {
    expect(findFaults(numbered(history), { ...sound, ...damage }).join("\n")).toMatch(expected);
  });

  it("says that a key was answered with two orders, and that a refused order exists", () => {
    const twice = [...history, event("ok", operations.paid, "o2")];
    expect(findFaults(numbered(twice), sound).join("\n")).toMatch(/key k1 was answered with 2 orders/);
    const refusedNow = history.map((each) => (each.operation === operations.expired && each.type === "info" ? { ...each, type: "fail" as const } : each));
    expect(findFaults(numbered(refusedNow), sound).join("\n")).toMatch(/o3 .* though it was refused/);
  });

  it("writes the history in the form of Jepsen's checkers", () => {
    const read: Operation = { f: "get", key: "g", orderKey: "k1", orderId: "o1" };
    const lines = toEdn(numbered([event("invoke", operations.paid), event("ok", operations.paid, "o1"), { ...event("ok", read, "o1"), state: "PAID" }, event("info", operations.cancel)])).trim().split("\n");
    expect(lines).toEqual([
      '{:index 0, :time 0, :process 0, :type :invoke, :f :txn, :value [[:w "k1" 1]]}',
      '{:index 1, :time 0, :process 0, :type :ok, :f :txn, :value [[:w "k1" 1]]}',
      '{:index 2, :time 0, :process 0, :type :ok, :f :txn, :value [[:r "k1" 2]]}',
      '{:index 3, :time 0, :process 0, :type :info, :f :txn, :value [[:w "k2" 3]]}',
    ]);
  });

  it("knows a message on the wire from a header or a ping", () => {
    const matches = points[0]?.matches ?? (() => false);
    expect([frame(1, 1, 40), frame(6, 0, 8), frame(0, 1, 5)].map(matches)).toEqual([false, false, false]);
    expect(matches(Buffer.concat([frame(1, 1, 40), frame(0, 1, 30)]))).toBe(true);
  });
});
