import { isDataError, type Transaction } from "@flashdeal/runtime/database";
import { decideHolds, type HoldDecision, type HoldInputs } from "../domain/decide-holds.ts";
import type { LedgerBatch } from "../domain/ledger.ts";
import type { ReservationStrategy } from "../domain/ports.ts";
import type { Reservation, ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";
import type { StockLevel } from "../domain/stock.ts";
import { appendToLedger } from "./apply-ledger.ts";
import { addDealPurchase } from "./gen/reservations.sql.ts";
import { takeUnits } from "./gen/stocks.sql.ts";
import { holdLedger, insertHolds, look, outrunTooOften, retryPassing, type ReserveBatchOptions } from "./reserve-batch.ts";

/** A guard did not hold: the units, or the room below the limit, that were there at the look were gone at the update. */
class OutrunError extends Error {
  override readonly name = "OutrunError";
}

/** Each lost race means that somebody else's hold was written. */
const maxRaces = 50;

/**
 * Reserves by conditional updates: no lock is taken to look; an UPDATE whose WHERE asks for as many units takes them from each key,
 * in the order of the keys, and another one, whose WHERE asks for room below the limit, counts them for the buyer. Each entry
 * is a transaction of its own, so that a bundle of which one key falls short is rolled back as a whole.
 */
export function createConditionalUpdateStrategy(options: ReserveBatchOptions): ReservationStrategy {
  return {
    name: "conditional-update",
    async reserve(entries, signal) {
      const outcomes: ReserveOutcome[] = [];
      for (const entry of entries) outcomes.push(await reserveOne(options, entry, signal));
      return outcomes;
    },
    drain: async () => {},
  };
}

async function reserveOne(options: ReserveBatchOptions, entry: ReserveEntry, signal: AbortSignal | undefined): Promise<ReserveOutcome> {
  const transactionOptions = signal === undefined ? {} : { signal };
  for (let race = 1; ; race++) {
    try {
      return await retryPassing(() => options.database.transaction((tx) => tryReserve(tx, options, entry), transactionOptions));
    } catch (cause) {
      if (isDataError(cause)) return { kind: "failed", cause };
      if (!(cause instanceof OutrunError)) throw cause;
      if (race === maxRaces) throw outrunTooOften(cause);
    }
  }
}

async function tryReserve(tx: Transaction, { clock }: ReserveBatchOptions, entry: ReserveEntry): Promise<HoldDecision> {
  const inputs = await look(tx, [entry], clock);
  const [decision] = decideHolds([entry], inputs);
  if (decision === undefined) throw new Error("an entry was not decided");
  if (decision.kind !== "held" || !decision.isNew) return decision;
  await take(tx, decision.reservation, inputs);
  return decision;
}

async function take(tx: Transaction, hold: Reservation, { deals, now }: HoldInputs): Promise<void> {
  const batch = holdLedger([hold]);
  const after: StockLevel[] = [];
  for (const { vendorItemId, fulfillmentCenterId, reservedDelta: quantity } of sortedStocks(batch)) {
    const taken = await takeUnits(tx, { vendorItemId, fulfillmentCenterId, quantity, updateTime: now });
    if (taken === undefined) throw new OutrunError("the units are gone");
    after.push(taken);
  }
  for (const { dealId, userId, delta: quantity } of batch.purchases) {
    const perUserLimit = deals.get(dealId)?.perUserLimit ?? 0n;
    if ((await addDealPurchase(tx, { dealId, userId, quantity, perUserLimit })) === 0) throw new OutrunError("the limit is reached");
  }
  await insertHolds(tx, [hold], now);
  await appendToLedger(tx, batch, after, now);
}

/** Every writer locks stock rows in this order. */
function sortedStocks({ stocks }: LedgerBatch): LedgerBatch["stocks"] {
  return stocks.toSorted((a, b) => compareText(a.vendorItemId, b.vendorItemId) || compareText(a.fulfillmentCenterId, b.fulfillmentCenterId));
}

/** As the columns' collation "C" has it. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
