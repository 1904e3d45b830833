import type { Database, Transaction } from "@flashdeal/runtime/database";
import type { OrderChange } from "../domain/order.ts";
import type { KeyedRequest } from "../domain/ports.ts";
import { upsertPayment } from "./gen/payments.sql.ts";
import { applyChanges, notifyWatchers, tell } from "./order-rows.ts";
import { addRecords } from "./requests.ts";

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
  readonly now: Date;
  /** When the payment that the step leaves open is looked at. */
  readonly checkTime: Date;
}

/** Stores a step with its payment, record, event and notification. Throws `Outrun` where the order moved, or the request has a record. */
export async function applyStep(tx: Transaction, { change, request, response, now, checkTime }: Step): Promise<void> {
  const { to, payment, event } = change;
  if ((await applyChanges(tx, [change])).size === 0) throw new Outrun("the order moved in the meantime");
  if (payment !== undefined) await upsertPayment(tx, { ...payment, checkTime, updateTime: now });
  if (request !== undefined && (await addRecords(tx, [{ request, response }], now)) === 0) throw new Outrun("the request has a record already");
  if (event !== undefined) await tell(tx, [{ event, order: to }]);
  await notifyWatchers(tx, [to.orderId]);
}
