import type { Database, Transaction } from "@flashdeal/runtime/database";
import { decideResolutions, type ResolveEntry, type ResolveOutcome, type StateChange } from "../domain/decide-resolutions.ts";
import { ledgerOf } from "../domain/ledger.ts";
import type { Clock, EventResolution, OverdueHold, ReservationStore } from "../domain/ports.ts";
import { applyLedger } from "./apply-ledger.ts";
import { insertInboxEvents } from "./gen/messaging.sql.ts";
import { listOverdueHolds, lockReservations, updateReservationStates } from "./gen/reservations.sql.ts";
import { lockStocks } from "./gen/stocks.sql.ts";
import { readReservations, withLines } from "./read-reservations.ts";

/** The inbox's name for the events that resolve holds. */
const consumer = "product-orders";

const nilUuid = "00000000-0000-0000-0000-000000000000";
const longAgo = new Date(0);

/** Reservations in Postgres. */
export function createReservationStore({ database, clock }: { readonly database: Database; readonly clock: Clock }): ReservationStore {
  return {
    async getReservations(reservationIds) {
      const found = await readReservations(database, [...new Set(reservationIds)]);
      return [...new Set(reservationIds)].flatMap((id) => found.get(id) ?? []);
    },
    resolve: (entries, actor) => database.transaction((tx) => resolveAll(tx, entries, actor, clock)),
    resolveForEvents: (entries, actor) => database.transaction((tx) => resolveNews(tx, entries, actor, clock)),
    async listOverdueHolds(expiredBy, after, maxRows): Promise<readonly OverdueHold[]> {
      const { expireTime, reservationId } = after ?? { expireTime: longAgo, reservationId: nilUuid };
      return listOverdueHolds(database, { expiredBy, afterTime: expireTime, afterReservationId: reservationId, maxRows });
    },
  };
}

/** Notes the events in the inbox first, in the same transaction: those that are there already change nothing. */
async function resolveNews(
  tx: Transaction,
  entries: readonly EventResolution[],
  actor: string,
  clock: Clock,
): Promise<readonly (ResolveOutcome | undefined)[]> {
  const eventIds = [...new Set(entries.map((entry) => entry.eventId))];
  const unread = new Set((await insertInboxEvents(tx, { consumer, receiveTime: clock.now(), eventIds })).map((row) => row.eventId));
  const news = entries.filter((entry) => unread.delete(entry.eventId));
  const outcomes = await resolveAll(tx, news, actor, clock);
  const outcomeOf = new Map(news.map((entry, index) => [entry, outcomes[index]]));
  return entries.map((entry) => outcomeOf.get(entry));
}

/** Locks reservations by id, then stocks by key: the order of every writer. */
async function resolveAll(tx: Transaction, entries: readonly ResolveEntry[], actor: string, clock: Clock): Promise<readonly ResolveOutcome[]> {
  if (entries.length === 0) return [];
  const reservationIds = [...new Set(entries.map((entry) => entry.reservationId))];
  const locked = await withLines(tx, await lockReservations(tx, { reservationIds }));
  const { outcomes, steps, changes } = decideResolutions(entries, locked);
  if (changes.length === 0) return outcomes;
  const batch = ledgerOf(steps.map((step) => ({ ...step, actor })));
  await lockStocks(tx, {
    vendorItemIds: batch.stocks.map((stock) => stock.vendorItemId),
    fulfillmentCenterIds: batch.stocks.map((stock) => stock.fulfillmentCenterId),
  });
  const now = clock.now();
  await writeStates(tx, changes, now);
  await applyLedger(tx, batch, now);
  return outcomes;
}

async function writeStates(tx: Transaction, changes: readonly StateChange[], updateTime: Date): Promise<void> {
  const changed = await updateReservationStates(tx, {
    updateTime,
    reservationIds: changes.map((change) => change.reservationId),
    fromStates: changes.map((change) => change.from),
    toStates: changes.map((change) => change.to),
    orderIds: changes.map((change) => change.orderId ?? null),
  });
  if (changed !== changes.length) throw new Error(`${changes.length} reservations were locked, ${changed} changed their state`);
}
