import { arrayText, isDeadlock, isSerializationFailure, isUniqueViolation, type Database, type Queryable, type Transaction } from "@flashdeal/runtime/database";
import type { ConnectError } from "@connectrpc/connect";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import { decideHolds, purchaseKey, type HoldDecision, type HoldInputs } from "../domain/decide-holds.ts";
import type { Turn } from "@flashdeal/runtime/group-commit";
import type { Deal } from "../domain/deal.ts";
import { ledgerOf, type LedgerBatch, type LockedStock } from "../domain/ledger.ts";
import type { Clock } from "../domain/ports.ts";
import type { Reservation, ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";
import { applyLedger, byStockKey } from "./apply-ledger.ts";
import { listDealsById } from "./gen/deals.sql.ts";
import { insertReservations, listDealPurchases } from "./gen/reservations.sql.ts";
import { listStocksOfDeals, lockStocks, lockStocksOfDeals } from "./gen/stocks.sql.ts";
import { readReservations } from "./read-reservations.ts";
import type { RepeatWatch } from "./repeat-watch.ts";
import { toDeal } from "./rows.ts";

/** What reserving in the database needs. */
export interface ReserveBatchOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** When reservations are looked for that entries repeat. Default: always, before anything is decided. */
  readonly repeats?: RepeatWatch;
}

/** One of the batch's reservation ids is taken: since our look, or at any time where there was none. The next attempt looks, and sees it. */
export class ReservationIdRaceError extends Error {
  override readonly name = "ReservationIdRaceError";
}

const maxAttempts = 10;

/**
 * Decides and stores entries in one transaction: locks the stock rows that their deals sell in the order of their keys, reads
 * what decides, lets the domain decide, and writes the holds set by set. Two or three round trips, whatever the number of entries. Of batches
 * that run at once, each takes its locks at its turn. Where no repeats are expected, one that is met all the same fails the insert, and the next attempt, in the
 * same turn, looks for them; and nobody is refused before it was looked for his hold.
 */
export async function reserveBatch(
  { database, clock, repeats }: ReserveBatchOptions,
  entries: readonly ReserveEntry[],
  signal: AbortSignal | undefined,
  turn?: Turn,
): Promise<readonly ReserveOutcome[]> {
  const options = signal === undefined ? {} : { signal };
  await turn?.ahead;
  let looks = repeats?.areExpected() ?? true;
  const attempt = async (tx: Transaction) => {
    const inputs = await lockInputs(tx, entries, clock, looks);
    // Without a look the insert may fail yet, and those who come later must not be served in between.
    if (looks) turn?.pass();
    const decisions = decideHolds(entries, inputs);
    const allHeld = decisions.every(({ kind }) => kind === "held");
    if (!allHeld || inputs.reservations.size > 0) repeats?.expect();
    if (looks || allHeld) return write(tx, decisions, inputs, { isLocked: true, inserted: () => turn?.pass() });
    const reservations = await readKnown(tx, entries);
    turn?.pass();
    return write(tx, decideHolds(entries, { ...inputs, reservations }), inputs, { isLocked: true });
  };
  return retryPassing(() =>
    database.transaction(attempt, options).catch((error: unknown) => {
      if (error instanceof ReservationIdRaceError) {
        looks = true;
        repeats?.expect();
      }
      throw error;
    }),
  );
}

/**
 * As `reserveBatch`, for callers who keep others away by a lock outside of the database: takes no row lock to look. Should another one
 * have written in the meantime, the versions of the stock rows tell, and nothing is written. `check` comes first in the transaction.
 */
export async function reserveLooking(
  { database, clock }: ReserveBatchOptions,
  entries: readonly ReserveEntry[],
  signal: AbortSignal,
  check: (tx: Transaction) => Promise<void>,
): Promise<readonly ReserveOutcome[]> {
  return retryPassing(() =>
    database.transaction(
      async (tx) => {
        await check(tx);
        const inputs = await look(tx, entries, clock);
        return write(tx, decideHolds(entries, inputs), inputs, { isLocked: false });
      },
      { signal },
    ),
  );
}

interface WriteOptions {
  /** Where the rows were only looked at, they are locked in the order of their keys before they are written, as every writer does. */
  readonly isLocked: boolean;
  /** Told when no id can turn out to be taken any more. */
  readonly inserted?: () => void;
}

/** Writes what was decided, and commits. */
async function write(tx: Transaction, decisions: readonly HoldDecision[], inputs: LockedInputs, { isLocked, inserted }: WriteOptions): Promise<readonly HoldDecision[]> {
  const holds = newHolds(decisions);
  if (holds.length === 0) return decisions;
  const batch = holdLedger(holds);
  const locking = isLocked ? [] : [lockStocks(tx, stockColumns(batch))];
  const inserting = insertHolds(tx, holds, inputs.now).then(inserted);
  const writing = [...locking, inserting, applyLedger(tx, batch, inputs.stocks, inputs.now)];
  tx.commit(writing.length);
  const steps = await Promise.allSettled(writing);
  // What failed first is the cause; the statements behind it only tell that the transaction is over.
  for (const step of steps) if (step.status === "rejected") throw step.reason;
  return decisions;
}

function stockColumns({ stocks }: LedgerBatch) {
  return { vendorItemIds: stocks.map(({ vendorItemId }) => vendorItemId), fulfillmentCenterIds: stocks.map(({ fulfillmentCenterId }) => fulfillmentCenterId) };
}

/** How long a caller waits whom others outran too often, in milliseconds. */
const afterRacesMs = 200;

/** For a caller whom others outran too often. */
export function outrunTooOften(cause: unknown): ConnectError {
  return reasonError(ErrorReason.SERVICE_UNAVAILABLE, "Too many others change the same stock at this moment. Nothing was done. Try again.", { retryAfterMs: afterRacesMs, cause });
}

/**
 * Tries again where nothing was written and the next attempt may well succeed; after ten attempts SERVICE_UNAVAILABLE. The lock order leaves
 * deadlocks to writers that break it.
 */
export async function retryPassing<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      const passing = error instanceof ReservationIdRaceError || isDeadlock(error) || isSerializationFailure(error);
      if (!passing) throw error;
      if (count === maxAttempts) throw outrunTooOften(error);
    }
  }
}

/** What decides, with the versions of the stock rows that it was read at. */
export interface LockedInputs extends HoldInputs {
  readonly stocks: ReadonlyMap<string, LockedStock>;
}

/**
 * What is committed now, without a lock: it refuses rightly; what it would grant must be guarded by the versions, or by conditions. The
 * reservations come last: should the same id be granted in another call meanwhile, its hold is seen wherever its units are missing.
 */
export async function look(db: Queryable, entries: readonly ReserveEntry[], clock: Clock): Promise<LockedInputs> {
  const dealIds = dealIdsOf(entries);
  const [stocks, rows] = await Promise.all([listStocksOfDeals(db, { dealIds }), listDealsById(db, { dealIds })]);
  const deals = new Map(rows.map((row) => [row.dealId, toDeal(row)]));
  const purchases = await readPurchases(db, entries, deals);
  const reservations = await readKnown(db, entries);
  return { now: clock.now(), deals, stocks: byStockKey(stocks), reservations, purchases };
}

/** Takes the locks, then reads: what the statements after the locks see is what stays true until the commit. A look for known ids is sent behind the locks at once. */
async function lockInputs(tx: Transaction, entries: readonly ReserveEntry[], clock: Clock, looks: boolean): Promise<LockedInputs> {
  const [rows, reservations] = await Promise.all([lockStocksOfDeals(tx, { dealIds: dealIdsOf(entries) }), looks ? readKnown(tx, entries) : none]);
  const deals = new Map(rows.map((row) => [row.dealId, toDeal(row)]));
  const purchases = await readPurchases(tx, entries, deals);
  return { now: clock.now(), deals, stocks: byStockKey(rows.filter(({ version }) => version >= 0n)), purchases, reservations };
}

const none: ReadonlyMap<string, Reservation> = new Map();

/** The reservations whose ids the entries repeat. */
function readKnown(db: Queryable, entries: readonly ReserveEntry[]): Promise<ReadonlyMap<string, Reservation>> {
  return readReservations(db, [...new Set(entries.map((entry) => entry.reservationId))]);
}

/** The deals that entries name, each once. */
export function dealIdsOf(entries: readonly ReserveEntry[]): string[] {
  return [...new Set(entries.flatMap((entry) => entry.lines.map((line) => line.dealId)))];
}

/** What the buyers have of deals with a limit; without one nobody asks. */
async function readPurchases(
  db: Queryable,
  entries: readonly ReserveEntry[],
  deals: ReadonlyMap<string, Deal>,
): Promise<ReadonlyMap<string, bigint>> {
  const pairs = entries.flatMap(({ userId, lines }) => lines.flatMap(({ dealId }) => (hasLimit(deals.get(dealId)) ? [{ dealId, userId }] : [])));
  if (pairs.length === 0) return new Map();
  const rows = await listDealPurchases(db, { dealIds: pairs.map(({ dealId }) => dealId), userIds: pairs.map(({ userId }) => userId) });
  return new Map(rows.map(({ dealId, userId, quantity }) => [purchaseKey(dealId, userId), quantity]));
}

function hasLimit(deal: Deal | undefined): boolean {
  return deal !== undefined && deal.perUserLimit > 0n;
}

function newHolds(decisions: readonly HoldDecision[]): readonly Reservation[] {
  return decisions.flatMap((decision) => (decision.kind === "held" && decision.isNew ? [decision.reservation] : []));
}

/** Adds holds with their lines. Throws, to be tried again, where one of the ids is taken. */
export async function insertHolds(tx: Transaction, holds: readonly Reservation[], now: Date): Promise<void> {
  await insertReservations(tx, {
    createTime: now,
    reservationIds: holds.map((hold) => hold.reservationId),
    userIds: holds.map((hold) => hold.userId),
    expireTimes: holds.map((hold) => hold.expireTime),
    ...contentColumns(holds),
  }).catch((error: unknown) => {
    throw isUniqueViolation(error, "reservations_pkey") ? new ReservationIdRaceError("a reservation id is taken", { cause: error }) : error;
  });
}

/** What holds are of, each content once, and the place of each hold's content from 1. */
function contentColumns(holds: readonly Reservation[]) {
  const contentDealIds: string[] = [];
  const contentQuantities: string[] = [];
  const places = new Map<string, number>();
  const contents = holds.map(({ lines }) => {
    const key = lines.map(({ dealId, quantity }) => `${dealId} ${quantity}`).join();
    const known = places.get(key);
    if (known !== undefined) return known;
    contentDealIds.push(arrayText(lines.map(({ dealId }) => dealId)));
    const place = contentQuantities.push(arrayText(lines.map(({ quantity }) => quantity)));
    places.set(key, place);
    return place;
  });
  return { contents, contentDealIds, contentQuantities };
}

/** New holds in the books. */
export function holdLedger(holds: readonly Reservation[]): LedgerBatch {
  return ledgerOf(holds.map((reservation) => ({ reservation, kind: "RESERVE", orderId: undefined, actor: reservation.userId })));
}
