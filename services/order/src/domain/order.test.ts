import { array, assert, constantFrom, integer, property, tuple } from "fast-check";
import { expect, test } from "vitest";
import { asCreated, cancel, concludePayment, concludeRefund, deliver, expire, isLate, revive, ship, startPayment, type Order, type OrderChange } from "./order.ts";
import { isSettled, nextState, orderStates, type OrderAction, type OrderState } from "./order-state.ts";

const actions: readonly OrderAction[] = ["pay", "cancel", "expire", "revive", "ship", "deliver"];
const start = new Date("2026-01-01T00:00:00Z");
const minutes = (count: number) => new Date(start.getTime() + count * 60_000);
const graceMs = 30_000;

const fresh: Order = {
  orderId: "o",
  userId: "u",
  state: "PENDING_PAYMENT",
  paymentState: "NONE",
  paymentId: "",
  reservationId: "r",
  cancelReason: "",
  lines: [],
  total: { currencyCode: "KRW", units: 10n, nanos: 0 },
  expireTime: minutes(10),
  createTime: start,
  updateTime: start,
  version: 1n,
};

test("order states - exactly the transitions of the contract", () => {
  const allowed = orderStates.flatMap((from) => actions.flatMap((action) => nextState(from, action) && [`${from} ${action} ${nextState(from, action)}`]));
  expect(allowed.filter(Boolean)).toEqual([
    "PENDING_PAYMENT pay PAID",
    "PENDING_PAYMENT cancel CANCELLED",
    "PENDING_PAYMENT expire EXPIRED",
    "PAID cancel CANCELLED",
    "PAID ship SHIPPED",
    "SHIPPED deliver DELIVERED",
    "EXPIRED revive PAID",
  ]);
  expect(orderStates.filter((state) => isSettled(state, "NONE"))).toEqual(["DELIVERED", "CANCELLED", "EXPIRED"]);
});

test("order states - an order is settled only when its money is, too", () => {
  expect(isSettled("CANCELLED", "REFUND_PENDING")).toBe(false);
  expect(isSettled("EXPIRED", "PENDING")).toBe(false);
  expect(isSettled("CANCELLED", "REFUNDED")).toBe(true);
  expect(isSettled("PAID", "CAPTURED")).toBe(false);
});

test("paying - begins only for an order that waits, in time, with no other payment open", () => {
  expect(startPayment(fresh, "p", minutes(9))?.to).toMatchObject({ paymentState: "PENDING", paymentId: "p", version: 2n });
  expect(startPayment(fresh, "p", minutes(10))).toBeUndefined();
  expect(startPayment({ ...fresh, paymentState: "PENDING" }, "p", start)).toBeUndefined();
  expect(startPayment({ ...fresh, state: "CANCELLED" }, "p", start)).toBeUndefined();
  expect(startPayment({ ...fresh, paymentState: "REFUSED", paymentId: "old" }, "p", start)?.to.paymentId).toBe("p");
});

test("paying - a capture counts up to the millisecond before the grace ends; then the order expires and the money goes back", () => {
  const open: Order = { ...fresh, paymentState: "PENDING", paymentId: "p" };
  const end = open.expireTime.getTime() + graceMs;
  const inTime = concludePayment(open, { kind: "captured" }, graceMs, new Date(end - 1));
  expect(inTime).toMatchObject({ to: { state: "PAID", paymentState: "CAPTURED" }, event: { kind: "paid" } });
  const late = concludePayment(open, { kind: "captured" }, graceMs, new Date(end));
  expect(late).toMatchObject({ to: { state: "EXPIRED", paymentState: "REFUND_PENDING" }, event: { kind: "expired" } });
});

test("paying - a capture of an order that was cancelled is refunded, without a second event", () => {
  const cancelled: Order = { ...fresh, state: "CANCELLED", paymentState: "PENDING", paymentId: "p" };
  const change = concludePayment(cancelled, { kind: "captured" }, graceMs, start);
  expect(change.to).toMatchObject({ state: "CANCELLED", paymentState: "REFUND_PENDING" });
  expect(change.event).toBeUndefined();
});

test("paying - an expired order is revived by its open payment alone, with the new hold", () => {
  const expired: Order = { ...fresh, state: "EXPIRED", paymentState: "PENDING", paymentId: "p" };
  expect(revive(expired, "r2", start)).toMatchObject({ to: { state: "PAID", paymentState: "CAPTURED", reservationId: "r2" }, event: { kind: "paid" } });
  expect(revive({ ...expired, paymentState: "REFUNDED" }, "r2", start)).toBeUndefined();
  expect(revive({ ...expired, state: "CANCELLED" }, "r2", start)).toBeUndefined();
});

test("paying - a capture is late from the end of the grace on, and for every expired order, but never for a cancelled one", () => {
  const end = fresh.expireTime.getTime() + graceMs;
  expect([end - 1, end].map((time) => isLate(fresh, graceMs, new Date(time)))).toEqual([false, true]);
  expect(isLate({ ...fresh, state: "EXPIRED" }, graceMs, start)).toBe(true);
  expect(isLate({ ...fresh, state: "CANCELLED" }, graceMs, new Date(end))).toBe(false);
});

test("cancelling - refunds a paid order, and only that", () => {
  expect(cancel({ ...fresh, state: "PAID", paymentState: "CAPTURED", paymentId: "p" }, "x", start)).toMatchObject({
    to: { state: "CANCELLED", paymentState: "REFUND_PENDING", cancelReason: "x" },
    event: { kind: "cancelled", wasPaid: true },
  });
  expect(cancel({ ...fresh, paymentState: "REFUSED", paymentId: "p" }, "x", start)).toMatchObject({
    to: { state: "CANCELLED", paymentState: "REFUSED" },
    event: { kind: "cancelled", wasPaid: false },
  });
  expect(cancel({ ...fresh, state: "SHIPPED", paymentState: "CAPTURED" }, "x", start)).toBeUndefined();
});

test("expiring - not a millisecond too early", () => {
  expect(expire(fresh, new Date(fresh.expireTime.getTime() - 1))).toBeUndefined();
  expect(expire(fresh, fresh.expireTime)?.to.state).toBe("EXPIRED");
});

/** Each step answers what the order allows at that moment; undefined: nothing. */
const steps: Readonly<Record<string, (order: Order, now: Date) => OrderChange | undefined>> = {
  startPayment: (order, now) => startPayment(order, `payment-${order.version}`, now),
  capture: (order, now) => (order.paymentState === "PENDING" ? concludePayment(order, { kind: "captured" }, graceMs, now) : undefined),
  revive: (order, now) => revive(order, `reservation-${order.version}`, now),
  refuse: (order, now) => (order.paymentState === "PENDING" ? concludePayment(order, { kind: "refused", declineCode: "no" }, graceMs, now) : undefined),
  refund: (order, now) => (order.paymentState === "REFUND_PENDING" ? concludeRefund(order, now) : undefined),
  cancel: (order, now) => cancel(order, "", now),
  expire,
  ship,
  deliver,
};

test("orders - any sequence of steps keeps the rules of state, money, version and events, and the order as it was new", () => {
  const sequence = array(tuple(constantFrom(...Object.keys(steps)), integer({ min: 0, max: 20 })), { maxLength: 40 });
  assert(
    property(sequence, (moves) => {
      let order = fresh;
      const captured: string[] = [];
      const events: string[] = [];
      for (const [name, minute] of moves) {
        const change = steps[name]?.(order, minutes(minute));
        if (change === undefined) continue;
        expect(change.from).toBe(order);
        expect(change.to.version).toBe(order.version + 1n);
        const legal = actions.map((action) => nextState(order.state, action));
        expect([order.state, ...legal]).toContain(change.to.state);
        expect(change.event === undefined).toBe(change.to.state === order.state);
        expect(change.payment?.state ?? change.to.paymentState).toBe(change.to.paymentState);
        if (change.payment?.state === "CAPTURED") captured.push(change.payment.paymentId);
        if (change.event !== undefined) events.push(change.event.kind);
        order = change.to;
        expectConsistent(order);
        expect(asCreated(order, fresh.reservationId)).toEqual(fresh);
      }
      expect(captured.length).toBeLessThanOrEqual(1);
      expect(new Set(events).size).toBe(events.length);
    }),
    { numRuns: 500 },
  );
});

/** The CHECKs of the table, said once more. */
function expectConsistent({ state, paymentState, paymentId }: Order): void {
  const paid: readonly OrderState[] = ["PAID", "SHIPPED", "DELIVERED"];
  expect(!paid.includes(state) || paymentState === "CAPTURED").toBe(true);
  expect(state !== "PENDING_PAYMENT" || ["NONE", "PENDING", "REFUSED"].includes(paymentState)).toBe(true);
  expect(paymentId === "").toBe(paymentState === "NONE");
}
