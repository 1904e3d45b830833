import type { Database, Transaction } from "@flashdeal/runtime/database";
import type { OutboxRow } from "@flashdeal/runtime/outbox";
import type { TraceContext } from "@flashdeal/runtime/telemetry";
import type { OrderChange } from "../domain/order.ts";
import type { KeyedRequest } from "../domain/ports.ts";
import { orderEventRow } from "../message/order-event.ts";
import { updateOrderStates } from "./gen/orders.sql.ts";
import { notifyWatchers } from "./order-rows.ts";
import { oldestTime } from "./requests.ts";

/** Rolls a step back whose guard did not hold. */
export class Outrun extends Error {}

/** Runs a step in a transaction. False where its guard did not hold: then it was rolled back. */
export async function runStep(database: Database, step: (tx: Transaction) => Promise<void>): Promise<boolean> {
  try {
    await database.transaction(step);
    return true;
  } catch (error) {
    if (error instanceof Outrun) return false;
    throw error;
  }
}

/** One step of an order, and what is stored with it. */
export interface Step {
  readonly change: OrderChange;
  /** The request that made it, if it has an id. */
  readonly request?: KeyedRequest | undefined;
  /** The request's answer, where it is known already. */
  readonly response?: Uint8Array;
  /** The call that made it. Default: the current one. */
  readonly trace?: TraceContext | undefined;
}

/** When a step is taken. */
export interface StepTimes {
  readonly now: Date;
  /** When the payment that a step leaves open is looked at. */
  readonly checkTime: Date;
}

/** Stores a step. Throws `Outrun` where the order moved in the meantime, or the request has a record. */
export async function applyStep(tx: Transaction, step: Step, times: StepTimes): Promise<void> {
  const [applied] = await applySteps(tx, [step], times);
  if (applied !== true) throw new Outrun("the order moved in the meantime");
}

/**
 * Stores steps of several orders with their payments, records and events, with one statement. Answers for each whether it was
 * stored: not where the order moved in the meantime, also by an earlier one of the steps, or where the request has a record.
 * Throws `Outrun` where another process stored a record of one of the requests at this moment, or where a new hold was closed.
 */
export async function applySteps(tx: Transaction, steps: readonly Step[], { now, checkTime }: StepTimes): Promise<boolean[]> {
  const first = new Map<string, Step>();
  for (const step of steps) if (!first.has(step.change.from.orderId)) first.set(step.change.from.orderId, step);
  const distinct = [...first.values()];
  const result = await updateOrderStates(tx, { now, checkTime, oldestTime: oldestTime(now), ...changeColumns(distinct), ...requestColumns(distinct), ...eventColumns(distinct) });
  const moved = new Set(result?.moved);
  const recorded = distinct.filter(({ change, request }) => request !== undefined && moved.has(change.from.orderId));
  if (result?.records !== BigInt(recorded.length)) throw new Outrun("a request has a record already");
  const claimed = distinct.filter(({ change: { from, to } }) => to.reservationId !== from.reservationId && moved.has(from.orderId));
  if (result.claims !== BigInt(claimed.length)) throw new Outrun("the order's new hold has a claim already");
  await notifyWatchers(tx, [...moved]);
  return steps.map((step) => first.get(step.change.from.orderId) === step && moved.has(step.change.from.orderId));
}

function changeColumns(steps: readonly Step[]) {
  const changes = steps.map(({ change }) => change);
  return {
    orderIds: changes.map(({ from }) => from.orderId),
    versions: changes.map(({ from }) => from.version),
    fromStates: changes.map(({ from }) => from.state),
    states: changes.map(({ to }) => to.state),
    paymentStates: changes.map(({ to }) => to.paymentState),
    paymentIds: changes.map(({ to }) => to.paymentId),
    newReservationIds: changes.map(({ from, to }) => (to.reservationId === from.reservationId ? "" : to.reservationId)),
    cancelReasons: changes.map(({ to }) => to.cancelReason),
    updateTimes: changes.map(({ to }) => to.updateTime),
    newPaymentStates: changes.map(({ payment }) => payment?.state ?? ""),
    declineCodes: changes.map(({ payment }) => payment?.declineCode ?? ""),
  };
}

const nothing = new Uint8Array();

function requestColumns(steps: readonly Step[]) {
  return {
    scopes: steps.map(({ request }) => request?.scope ?? ""),
    requestIds: steps.map(({ request }) => request?.requestId ?? ""),
    fingerprints: steps.map(({ request }) => request?.fingerprint ?? nothing),
    responses: steps.map(({ response }) => response ?? nothing),
  };
}

const noEvent: OutboxRow = { eventId: "", subject: "", aggregateKey: "", payload: nothing, headers: {} };

function eventColumns(steps: readonly Step[]) {
  const rows = steps.map(({ change: { event, to }, trace }) => (event === undefined ? noEvent : orderEventRow(event, to, trace)));
  return {
    eventIds: rows.map(({ eventId }) => eventId),
    subjects: rows.map(({ subject }) => subject),
    payloads: rows.map(({ payload }) => payload),
    headers: rows.map(({ headers }) => JSON.stringify(headers)),
  };
}
