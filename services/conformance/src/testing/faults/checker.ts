import type { HistoryEvent } from "./history.ts";
import { findDisorder } from "./ledger-order.ts";

/** What the stores hold when all has come to rest, read past every service. */
export interface Snapshot {
  /** What the run sold: every item, and the deal that sells it. */
  readonly items: readonly { readonly item: string; readonly dealId: string }[];
  readonly orders: readonly { readonly orderId: string; readonly userId: string; readonly state: string; readonly paymentState: string; readonly reservationId: string }[];
  readonly orderLines: readonly { readonly orderId: string; readonly dealId: string; readonly quantity: number }[];
  /** Which key made which order: the one behind the reservation whose id is made of buyer and key. */
  readonly ordersByKey: readonly { readonly key: string; readonly orderId: string }[];
  /** Which order stands behind a reservation. */
  readonly claims: readonly { readonly reservationId: string; readonly orderId: string }[];
  readonly reservations: readonly { readonly reservationId: string; readonly userId: string; readonly state: string }[];
  readonly reservationLines: readonly { readonly reservationId: string; readonly dealId: string; readonly item: string; readonly quantity: number }[];
  /** Movements by which units were held, in the ledger's order. */
  readonly holdMovements: readonly { readonly item: string; readonly reservationId: string }[];
  readonly stocks: readonly { readonly item: string; readonly onHand: number; readonly reserved: number; readonly onHandSum: number; readonly reservedSum: number; readonly received: number }[];
  /** What the payment provider holds. */
  readonly captures: readonly { readonly orderId: string; readonly captured: number; readonly refunded: number }[];
  /** What the read model says. */
  readonly readModel: readonly { readonly item: string; readonly onHand: number; readonly reserved: number }[];
}

/**
 * Says what is wrong with a history and the stores it left behind; nothing, where all is well. It shares no code with the services: it counts what buyers were told
 * and what is stored, and compares.
 */
export function findFaults(events: readonly HistoryEvent[], snapshot: Snapshot): string[] {
  return [...checkCreates(events, snapshot), ...checkSteps(events, snapshot), ...checkHolds(snapshot), ...checkMoney(snapshot), ...checkStock(snapshot), ...findDisorder(events, snapshot)];
}

interface Lines {
  readonly dealId: string;
  readonly quantity: number;
}

function linesText(lines: readonly Lines[]): string {
  const sums = new Map<string, number>();
  for (const { dealId, quantity } of lines) sums.set(dealId, (sums.get(dealId) ?? 0) + quantity);
  return [...sums].map(([dealId, quantity]) => `${quantity}x${dealId}`).toSorted().join(" ");
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** Acknowledged orders exist, whole, once per key; what was refused does not exist; what nobody knows is there once and whole, or not at all. */
function checkCreates(events: readonly HistoryEvent[], { orders, orderLines, ordersByKey }: Snapshot): string[] {
  const faults: string[] = [];
  const stored = new Map(orders.map((order) => [order.orderId, order]));
  const lines = groupBy(orderLines, ({ orderId }) => orderId);
  const made = groupBy(ordersByKey, ({ key }) => key);
  const attempts = groupBy(events.filter(({ operation }) => operation.f === "create"), ({ operation }) => operation.key);
  for (const [key, own] of attempts) {
    const operation = own[0]?.operation;
    if (operation?.f !== "create") continue;
    const answered = new Set(own.flatMap(({ type, orderId }) => (type === "ok" && orderId !== undefined ? [orderId] : [])));
    const found = new Set(made.get(key)?.map(({ orderId }) => orderId));
    if (answered.size > 1) faults.push(`key ${key} was answered with ${answered.size} orders`);
    if (found.size > 1) faults.push(`key ${key} made ${found.size} orders`);
    for (const orderId of answered) {
      if (!stored.has(orderId)) faults.push(`order ${orderId} was acknowledged and is lost`);
      else if (!found.has(orderId)) faults.push(`order ${orderId} was acknowledged, and key ${key} made ${[...found].join(", ") || "none"}`);
    }
    // A call that nobody answered may still arrive after a later one was refused.
    const open = own.filter(({ type }) => type === "invoke").length - own.filter(({ type }) => type === "ok" || type === "fail").length;
    for (const orderId of found) {
      if (answered.size === 0 && open === 0) faults.push(`order ${orderId} was made by key ${key}, though it was refused`);
      const order = stored.get(orderId);
      if (order === undefined) {
        if (!answered.has(orderId)) faults.push(`order ${orderId} is remembered for key ${key} and is lost`);
        continue;
      }
      if (order.userId !== operation.userId) faults.push(`order ${orderId} belongs to somebody else`);
      if (linesText(lines.get(orderId) ?? []) !== linesText(operation.lines)) faults.push(`order ${orderId} has other lines than were ordered`);
    }
  }
  const keysOf = groupBy(ordersByKey, ({ orderId }) => orderId);
  for (const { orderId } of orders) {
    const keys = (keysOf.get(orderId) ?? []).map(({ key }) => key).filter((key) => attempts.has(key));
    if (keys.length !== 1) faults.push(`order ${orderId} was made by ${keys.length} keys: ${keys.join(", ") || "nobody"}`);
  }
  return faults;
}

const afterPaying = new Set(["PAID", "SHIPPED", "DELIVERED"]);

/** Acknowledged payments and cancellations stand; an order is paid by one key. */
function checkSteps(events: readonly HistoryEvent[], { orders }: Snapshot): string[] {
  const stored = new Map(orders.map((order) => [order.orderId, order]));
  const steps = events.flatMap(({ type, operation }) => (operation.f === "pay" || operation.f === "cancel" ? [{ ...operation, type }] : []));
  const acknowledged = (f: string) => groupBy(steps.filter((step) => step.f === f && step.type === "ok"), ({ orderId }) => orderId);
  const [paid, cancelled] = [acknowledged("pay"), acknowledged("cancel")];
  // A cancellation that nobody answered may have happened.
  const maybeCancelled = new Set(steps.flatMap(({ f, type, orderId }) => (f === "cancel" && (type === "ok" || type === "info") ? [orderId] : [])));
  const faults: string[] = [];
  for (const orderId of cancelled.keys()) if (stored.get(orderId)?.state !== "CANCELLED") faults.push(`order ${orderId} was cancelled and is ${stored.get(orderId)?.state}`);
  for (const [orderId, own] of paid) {
    const state = stored.get(orderId)?.state ?? "gone";
    if (!afterPaying.has(state) && !(state === "CANCELLED" && maybeCancelled.has(orderId))) faults.push(`order ${orderId} was paid and is ${state}`);
    const keys = new Set(own.map(({ key }) => key));
    if (keys.size > 1) faults.push(`order ${orderId} was paid by ${keys.size} keys`);
  }
  for (const { orderId, state } of orders) {
    const asked = (f: string) => steps.some((step) => step.f === f && step.orderId === orderId);
    if (afterPaying.has(state) && !asked("pay")) faults.push(`order ${orderId} is ${state}, and nobody paid`);
    if (state === "CANCELLED" && !asked("cancel")) faults.push(`order ${orderId} is CANCELLED, and nobody cancelled`);
  }
  return faults;
}

const holdsOf: Readonly<Record<string, readonly string[]>> = {
  PAID: ["COMMITTED"],
  CANCELLED: ["RELEASED", "EXPIRED", "RETURNED"],
  EXPIRED: ["RELEASED", "EXPIRED"],
};

/** At rest nothing is held; each order has its hold, whole and as far along; no sale is without an order. */
function checkHolds({ orders, orderLines, reservations, reservationLines }: Snapshot): string[] {
  const faults: string[] = [];
  const holds = new Map(reservations.map((reservation) => [reservation.reservationId, reservation]));
  const ordered = groupBy(orderLines, ({ orderId }) => orderId);
  const held = groupBy(reservationLines, ({ reservationId }) => reservationId);
  for (const { orderId, state, userId, reservationId } of orders) {
    const hold = holds.get(reservationId);
    const allowed = holdsOf[state];
    if (allowed === undefined) faults.push(`order ${orderId} is ${state} at rest`);
    else if (hold === undefined) faults.push(`order ${orderId} has no hold`);
    else if (!allowed.includes(hold.state)) faults.push(`order ${orderId} is ${state}, its hold ${hold.state}`);
    else if (hold.userId !== userId) faults.push(`the hold of order ${orderId} belongs to somebody else`);
    if (linesText(ordered.get(orderId) ?? []) !== linesText(held.get(reservationId) ?? [])) faults.push(`order ${orderId} and its hold have different lines`);
  }
  const used = new Set(orders.map(({ reservationId }) => reservationId));
  if (used.size < orders.length) faults.push(`${orders.length} orders share ${used.size} holds`);
  for (const { reservationId, state } of reservations) {
    if (state === "HELD") faults.push(`hold ${reservationId} never ended`);
    if (state === "COMMITTED" && !used.has(reservationId)) faults.push(`hold ${reservationId} was sold to no order`);
  }
  return faults;
}

/** The provider holds the money of each paid order once, and of no other. */
function checkMoney({ orders, captures }: Snapshot): string[] {
  const faults: string[] = [];
  const money = new Map(captures.map(({ orderId, captured, refunded }) => [orderId, captured - refunded]));
  for (const { orderId, state } of orders) {
    const [expected, found] = [afterPaying.has(state) ? 1 : 0, money.get(orderId) ?? 0];
    if (found !== expected) faults.push(`order ${orderId} is ${state}, and its money is with the provider ${found} times`);
  }
  return faults;
}

/** received = there + sold; the ledger adds up; nothing below zero; the read model agrees. */
function checkStock({ items, stocks, reservations, reservationLines, readModel }: Snapshot): string[] {
  const kept = new Set(stocks.map(({ item }) => item));
  const faults = items.flatMap(({ item }) => (kept.has(item) ? [] : [`${item}: there are no books`]));
  const sold = new Map<string, number>();
  const committed = new Set(reservations.filter(({ state }) => state === "COMMITTED").map(({ reservationId }) => reservationId));
  for (const { reservationId, item, quantity } of reservationLines) if (committed.has(reservationId)) sold.set(item, (sold.get(item) ?? 0) + quantity);
  const read = new Map(readModel.map((stock) => [stock.item, stock]));
  for (const { item, onHand, reserved, onHandSum, reservedSum, received } of stocks) {
    if (onHand < 0 || reserved < 0 || onHand < reserved) faults.push(`${item}: on hand ${onHand}, reserved ${reserved}`);
    if (reserved !== 0) faults.push(`${item}: ${reserved} units are reserved at rest`);
    if (onHand + (sold.get(item) ?? 0) !== received) faults.push(`${item}: received ${received}, there ${onHand}, sold ${sold.get(item) ?? 0}`);
    if (onHand !== onHandSum || reserved !== reservedSum) faults.push(`${item}: the ledger adds up to ${onHandSum} and ${reservedSum}, the state is ${onHand} and ${reserved}`);
    const seen = read.get(item);
    if (seen?.onHand !== onHand || seen.reserved !== reserved) faults.push(`${item}: the read model says ${seen?.onHand} and ${seen?.reserved}, the state is ${onHand} and ${reserved}`);
  }
  return faults;
}
