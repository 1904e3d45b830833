import { isDeadlock, isSerializationFailure, sqlState, type Database, type Transaction } from "@flashdeal/runtime/database";
import { decideHolds, purchaseKey, type HoldDecision, type HoldInputs } from "../domain/decide-holds.ts";
import { ledgerOf } from "../domain/ledger.ts";
import type { Clock, ReservationStrategy } from "../domain/ports.ts";
import type { Reservation, ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";
import { stockKeyText } from "../domain/stock.ts";
import { applyLedger } from "./apply-ledger.ts";
import { listDealsById } from "./gen/deals.sql.ts";
import { insertReservations, listDealPurchases, type ListDealPurchasesRow } from "./gen/reservations.sql.ts";
import { lockStocksOfDeals } from "./gen/stocks.sql.ts";
import { readReservations } from "./read-reservations.ts";
import { toDeal } from "./rows.ts";

/** What the strategy needs. */
export interface RowLockOptions {
  readonly database: Database;
  readonly clock: Clock;
}

/** Another transaction took one of the batch's reservation ids between our look and our insert. The next attempt sees it. */
class ReservationIdRaceError extends Error {
  override readonly name = "ReservationIdRaceError";
}

const maxAttempts = 5;

/**
 * Reserves under row locks: one transaction per batch locks the stock rows that its deals sell in the order of their keys
 * (SELECT … FOR UPDATE), reads what decides, lets the domain decide, and writes the holds set by set. Whoever wants the same
 * key waits in the database.
 */
export function createRowLockStrategy(options: RowLockOptions): ReservationStrategy {
  return { name: "row-lock", reserve: (entries, signal) => reserveApart(options, entries, signal) };
}

/** Where the database refuses the data of a batch, halves are tried apart, so that the entry at fault fails alone. */
async function reserveApart(
  options: RowLockOptions,
  entries: readonly ReserveEntry[],
  signal: AbortSignal | undefined,
): Promise<readonly ReserveOutcome[]> {
  try {
    return await reserveBatch(options, entries, signal);
  } catch (cause) {
    if (!isDataError(cause)) throw cause;
    if (entries.length === 1) return [{ kind: "failed", cause }];
    const middle = Math.ceil(entries.length / 2);
    const first = await reserveApart(options, entries.slice(0, middle), signal);
    return [...first, ...(await reserveApart(options, entries.slice(middle), signal))];
  }
}

/** SQLSTATE classes 22 (data exception) and 23 (constraint violation). */
function isDataError(error: unknown): boolean {
  return /^2[23]/.test(sqlState(error) ?? "");
}

async function reserveBatch(
  { database, clock }: RowLockOptions,
  entries: readonly ReserveEntry[],
  signal: AbortSignal | undefined,
): Promise<readonly ReserveOutcome[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.transaction(
        async (tx) => {
          const inputs = await lockInputs(tx, entries, clock);
          const decisions = decideHolds(entries, inputs);
          await writeHolds(tx, newHolds(decisions), inputs.now);
          return decisions;
        },
        signal === undefined ? {} : { signal },
      );
    } catch (error) {
      if (!isPassing(error) || attempt === maxAttempts) throw error;
    }
  }
}

/** Nothing was written, and the next attempt may well succeed. The lock order leaves deadlocks to writers that break it. */
function isPassing(error: unknown): boolean {
  return error instanceof ReservationIdRaceError || isDeadlock(error) || isSerializationFailure(error);
}

/** Takes the locks, then reads: what the statements after the locks see is what stays true until the commit. */
async function lockInputs(tx: Transaction, entries: readonly ReserveEntry[], clock: Clock): Promise<HoldInputs> {
  const dealIds = [...new Set(entries.flatMap((entry) => entry.lines.map((line) => line.dealId)))];
  const stocks = await lockStocksOfDeals(tx, { dealIds });
  const deals = await listDealsById(tx, { dealIds });
  const reservations = await readReservations(tx, [...new Set(entries.map((entry) => entry.reservationId))]);
  const purchases = await readPurchases(tx, entries, new Set(deals.filter((row) => row.perUserLimit > 0n).map((row) => row.dealId)));
  return {
    now: clock.now(),
    deals: new Map(deals.map((row) => [row.dealId, toDeal(row)])),
    stocks: new Map(stocks.map((row) => [stockKeyText(row), row])),
    purchases: new Map(purchases.map(({ dealId, userId, quantity }) => [purchaseKey(dealId, userId), quantity])),
    reservations,
  };
}

/** What the buyers have of deals with a limit; without one nobody asks. */
async function readPurchases(tx: Transaction, entries: readonly ReserveEntry[], limited: ReadonlySet<string>): Promise<readonly ListDealPurchasesRow[]> {
  const pairs = entries.flatMap(({ userId, lines }) => lines.flatMap(({ dealId }) => (limited.has(dealId) ? [{ dealId, userId }] : [])));
  if (pairs.length === 0) return [];
  return listDealPurchases(tx, { dealIds: pairs.map(({ dealId }) => dealId), userIds: pairs.map(({ userId }) => userId) });
}

function newHolds(decisions: readonly HoldDecision[]): readonly Reservation[] {
  return decisions.flatMap((decision) => (decision.kind === "held" && decision.isNew ? [decision.reservation] : []));
}

async function writeHolds(tx: Transaction, holds: readonly Reservation[], now: Date): Promise<void> {
  if (holds.length === 0) return;
  const lines = holds.flatMap(({ reservationId, lines }) => lines.map((line, lineNumber) => ({ ...line, reservationId, lineNumber })));
  const inserted = await insertReservations(tx, {
    createTime: now,
    reservationIds: holds.map((hold) => hold.reservationId),
    userIds: holds.map((hold) => hold.userId),
    expireTimes: holds.map((hold) => hold.expireTime),
    lineReservationIds: lines.map((line) => line.reservationId),
    lineNumbers: lines.map((line) => line.lineNumber),
    dealIds: lines.map((line) => line.dealId),
    quantities: lines.map((line) => line.quantity),
  });
  if (inserted?.reservations !== BigInt(holds.length)) throw new ReservationIdRaceError();
  const steps = holds.map((reservation) => ({ reservation, kind: "RESERVE" as const, orderId: undefined, actor: reservation.userId }));
  await applyLedger(tx, ledgerOf(steps), now);
}
