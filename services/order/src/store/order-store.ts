import { CommitOutcomeUnknownError, isConnectionError, isDataError, isDeadlock, type Database, type Queryable, type Transaction } from "@flashdeal/runtime/database";
import { createGroupCommit, outcomeOf, rethrow, type BatchLimits } from "@flashdeal/runtime/group-commit";
import { currentTrace } from "@flashdeal/runtime/telemetry";
import { expire, type Payment } from "../domain/order.ts";
import type { Claim, Clock, CreatedOrders, NewOrder, OrderQuery, OrderStore } from "../domain/ports.ts";
import { insertClaims, listClaims } from "./gen/claims.sql.ts";
import { deleteRecords } from "./gen/idempotency.sql.ts";
import { listOrders, listOrdersById, listOrdersOfDeal, listOrdersOfUser, lockOrdersToExpire } from "./gen/orders.sql.ts";
import { getPayment, takePaymentsToCheck, type GetPaymentRow } from "./gen/payments.sql.ts";
import { insertOrders, orderOf } from "./order-rows.ts";
import type { OrderSignalHub } from "./order-signals.ts";
import { findRecords, oldestTime, orderCodec, saveAnswers, type AnsweredRequest } from "./requests.ts";
import { applySteps, Outrun, type Step, type StepTimes } from "./steps.ts";

/** What the store works with. */
export interface OrderStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly signals: Pick<OrderSignalHub, "changed">;
  /** Pause before an open payment or refund is looked at again, in milliseconds. */
  readonly paymentCheckDelayMs: number;
  readonly limits: BatchLimits;
}

/** Greater than every order id. */
const beyondAllIds = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** The orders in the database. */
export function createOrderStore(options: OrderStoreOptions): OrderStore {
  const { database, clock, signals } = options;
  const nextCheckTime = () => new Date(clock.now().getTime() + options.paymentCheckDelayMs);
  const batches = createStoreBatches(database, clock, nextCheckTime, options.limits);
  const getOrders = async (orderIds: readonly string[]) =>
    orderIds.length === 0 ? [] : (await listOrdersById(database, { orderIds })).map(orderOf);
  return {
    findRecords: (requests) => findRecords(database, orderCodec, requests, clock.now()),
    async saveAnswer(request, answer) {
      outcomeOf(await batches.answers.submit({ request, answer }), rethrow);
    },
    deleteOldRecords: (maxRecords) => deleteRecords(database, { oldestTime: oldestTime(clock.now()), maxRows: maxRecords }),
    createOrders: (orders) => createOrders(database, clock, orders),
    findClaims: (reservationIds) => findClaims(database, reservationIds),
    async closeReservations(reservationIds) {
      await insertClaims(database, { reservationIds: distinct(reservationIds), orderIds: distinct(reservationIds).map(() => ""), createTime: clock.now() });
      return findClaims(database, reservationIds);
    },
    getOrders,
    getOrder: async (orderId) => (await getOrders([orderId]))[0],
    listOrders: async (query) => (await listRows(database, query)).map(orderOf),
    async change(change, request, signal) {
      const done = outcomeOf(await batches.steps.submit({ change, request, trace: currentTrace() }, signal), isOutrun);
      if (done) signals.changed([change.to.orderId]);
      return done;
    },
    async expireOrders({ paymentDueTime, maxOrders }) {
      const expired = await database.transaction((tx) => expireDue(tx, { now: clock.now(), checkTime: nextCheckTime() }, paymentDueTime, maxOrders));
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
    async drain() {
      await Promise.all([batches.steps.drain(), batches.answers.drain()]);
    },
  };
}

/** Steps of orders and answers of requests that come at the same time are stored together. */
function createStoreBatches(database: Database, clock: Clock, nextCheckTime: () => Date, limits: BatchLimits) {
  return {
    steps: createGroupCommit<Step, boolean>({
      ...limits,
      name: "order-step",
      run: (steps, signal) => database.transaction((tx) => applySteps(tx, steps, { now: clock.now(), checkTime: nextCheckTime() }), { signal }),
      isItemFault: (error) => error instanceof Outrun || isDataError(error) || isDeadlock(error),
    }),
    answers: createGroupCommit<AnsweredRequest, true>({
      ...limits,
      name: "order-answer",
      async run(answered) {
        await saveAnswers(database, answered, clock.now());
        return answered.map(() => true);
      },
      isItemFault: isDataError,
    }),
  };
}

/** A step that was outrun is not stored; other faults are the caller's. */
function isOutrun(cause: unknown): false {
  if (cause instanceof Outrun) return false;
  throw cause;
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
  return rows.map(({ reservationId, orderId, orderState, orderReservationId }) => {
    const current = orderReservationId === null || orderReservationId === reservationId;
    return { reservationId, orderId: orderId ?? undefined, orderState: current ? (orderState ?? undefined) : "EXPIRED" };
  });
}

/** One statement for all; where the database refuses it, halves, so that one bad order does not fail its neighbours. */
async function createOrders(database: Database, clock: Clock, orders: readonly NewOrder[]): Promise<CreatedOrders> {
  const stored = new Set<string>();
  const faults = new Map<string, unknown>();
  const store = async (batch: readonly NewOrder[]): Promise<void> => {
    if (batch.length === 0) return;
    try {
      for (const orderId of await insertOrders(database, batch, clock.now())) stored.add(orderId);
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

async function listRows(db: Queryable, query: OrderQuery) {
  const { userId, dealId, state = null } = query;
  const page = { before: query.beforeOrderId ?? beyondAllIds, maxRows: query.maxOrders, state };
  if (userId !== undefined) return listOrdersOfUser(db, { ...page, userId, dealId: dealId ?? null });
  return dealId === undefined ? listOrders(db, page) : listOrdersOfDeal(db, { ...page, dealId });
}

async function expireDue(tx: Transaction, times: StepTimes, paymentDueTime: Date, maxRows: number): Promise<string[]> {
  const due = (await lockOrdersToExpire(tx, { dueTime: times.now, paymentDueTime, maxRows })).map(orderOf);
  const steps = due.flatMap((order): Step[] => {
    const change = expire(order, times.now);
    return change === undefined ? [] : [{ change }];
  });
  if (steps.length > 0) await applySteps(tx, steps, times);
  return steps.map(({ change }) => change.to.orderId);
}
