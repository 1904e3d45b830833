import { isConnectionError, CommitOutcomeUnknownError, type Database, type Queryable, type Transaction } from "@flashdeal/runtime/database";
import { expire, type Order, type Payment } from "../domain/order.ts";
import type { Claim, Clock, CreatedOrders, NewOrder, OrderQuery, OrderStore } from "../domain/ports.ts";
import { insertClaims, listClaims } from "./gen/claims.sql.ts";
import { deleteRecords } from "./gen/idempotency.sql.ts";
import { listOrders, listOrdersById, listOrdersOfDeal, listOrdersOfUser, lockOrdersToExpire } from "./gen/orders.sql.ts";
import { getPayment, takePaymentsToCheck, type GetPaymentRow } from "./gen/payments.sql.ts";
import { applyChanges, insertNewOrders, notifyWatchers, tell, withLines } from "./order-rows.ts";
import type { OrderSignalHub } from "./order-signals.ts";
import { addRecords, findRecords, oldestTime, orderCodec, saveAnswer } from "./requests.ts";
import { applyStep, runStep } from "./steps.ts";

/** What the store works with. */
export interface OrderStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly signals: Pick<OrderSignalHub, "changed">;
  /** Pause before an open payment or refund is looked at again, in milliseconds. */
  readonly paymentCheckDelayMs: number;
}

/** Greater than every order id. */
const beyondAllIds = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** The orders in the database. */
export function createOrderStore(options: OrderStoreOptions): OrderStore {
  const { database, clock, signals } = options;
  const nextCheckTime = () => new Date(clock.now().getTime() + options.paymentCheckDelayMs);
  const getOrders = async (orderIds: readonly string[]) =>
    orderIds.length === 0 ? [] : withLines(database, await listOrdersById(database, { orderIds }));
  return {
    findRecords: (requests) => findRecords(database, orderCodec, requests, clock.now()),
    saveAnswer: (request, answer) => saveAnswer(database, request, answer, clock.now()),
    deleteOldRecords: (maxRecords) => deleteRecords(database, { oldestTime: oldestTime(clock.now()), maxRows: maxRecords }),
    createOrders: (orders) => createOrders(database, clock, orders),
    findClaims: (reservationIds) => findClaims(database, reservationIds),
    async closeReservations(reservationIds) {
      await insertClaims(database, { reservationIds: distinct(reservationIds), orderIds: distinct(reservationIds).map(() => ""), createTime: clock.now() });
      return findClaims(database, reservationIds);
    },
    getOrders,
    getOrder: async (orderId) => (await getOrders([orderId]))[0],
    listOrders: async (query) => withLines(database, await listRows(database, query)),
    async change(change, request) {
      const done = await runStep(database, (tx) => applyStep(tx, { change, request, now: clock.now(), checkTime: nextCheckTime() }));
      if (done) signals.changed([change.to.orderId]);
      return done;
    },
    async expireOrders({ paymentDueTime, maxOrders }) {
      const expired = await database.transaction((tx) => expireDue(tx, clock.now(), paymentDueTime, maxOrders));
      signals.changed(expired);
      return expired.length;
    },
    async getPayment(paymentId) {
      const row = await getPayment(database, { paymentId });
      return row && paymentOf(row);
    },
    async takePaymentsToCheck(maxPayments) {
      const rows = await takePaymentsToCheck(database, { dueTime: clock.now(), nextCheckTime: nextCheckTime(), maxRows: maxPayments });
      return rows.map(paymentOf);
    },
  };
}

/** NONE is a state of orders only; the table's CHECK says so too. */
function paymentOf({ state, ...row }: GetPaymentRow): Payment {
  if (state === "NONE") throw new Error(`payment ${row.paymentId} has no state`);
  return { ...row, state };
}

/** Sorted, so that writers of overlapping batches meet in one order and cannot deadlock. */
function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)].toSorted();
}

async function findClaims(db: Queryable, reservationIds: readonly string[]): Promise<Claim[]> {
  if (reservationIds.length === 0) return [];
  const rows = await listClaims(db, { reservationIds: distinct(reservationIds) });
  return rows.map(({ reservationId, orderId, orderState }) => ({ reservationId, orderId: orderId ?? undefined, orderState: orderState ?? undefined }));
}

/** One transaction for all; where the database refuses it, halves, so that one bad order does not fail its neighbours. */
async function createOrders(database: Database, clock: Clock, orders: readonly NewOrder[]): Promise<CreatedOrders> {
  const stored = new Set<string>();
  const faults = new Map<string, unknown>();
  const store = async (batch: readonly NewOrder[]): Promise<void> => {
    if (batch.length === 0) return;
    try {
      for (const orderId of await database.transaction((tx) => insertClaimed(tx, batch, clock.now()))) stored.add(orderId);
    } catch (error) {
      const lost = isConnectionError(error) || error instanceof CommitOutcomeUnknownError;
      if (lost || batch.length === 1) {
        for (const { order } of batch) faults.set(order.orderId, error);
        return;
      }
      const middle = batch.length >> 1;
      await store(batch.slice(0, middle));
      await store(batch.slice(middle));
    }
  };
  await store(orders);
  return { stored, faults };
}

async function insertClaimed(tx: Transaction, batch: readonly NewOrder[], now: Date): Promise<string[]> {
  const sorted = batch.toSorted((a, b) => (a.order.reservationId < b.order.reservationId ? -1 : 1));
  const claimed = await insertClaims(tx, {
    reservationIds: sorted.map(({ order }) => order.reservationId),
    orderIds: sorted.map(({ order }) => order.orderId),
    createTime: now,
  });
  const free = new Set(claimed.map(({ reservationId }) => reservationId));
  const winners = batch.filter(({ order }) => free.has(order.reservationId));
  if (winners.length === 0) return [];
  await insertNewOrders(tx, winners);
  const records = await addRecords(tx, winners.map(({ order, request }) => ({ request, response: orderCodec.encode(order) })), now);
  if (records !== winners.length) throw new Error("a request has a record but its reservation had no claim");
  await tell(tx, winners.map(({ order }) => ({ event: { kind: "created" }, order })));
  return winners.map(({ order }) => order.orderId);
}

async function listRows(db: Queryable, query: OrderQuery) {
  const { userId, dealId, state = null } = query;
  const page = { before: query.beforeOrderId ?? beyondAllIds, maxRows: query.maxOrders, state };
  if (userId !== undefined) return listOrdersOfUser(db, { ...page, userId, dealId: dealId ?? null });
  return dealId === undefined ? listOrders(db, page) : listOrdersOfDeal(db, { ...page, dealId });
}

async function expireDue(tx: Transaction, now: Date, paymentDueTime: Date, maxRows: number): Promise<string[]> {
  const due: Order[] = await withLines(tx, await lockOrdersToExpire(tx, { dueTime: now, paymentDueTime, maxRows }));
  const changes = due.flatMap((order) => expire(order, now) ?? []);
  if (changes.length === 0) return [];
  await applyChanges(tx, changes);
  await tell(tx, changes.map(({ to }) => ({ event: { kind: "expired" }, order: to })));
  const orderIds = changes.map(({ to }) => to.orderId);
  await notifyWatchers(tx, orderIds);
  return orderIds;
}
