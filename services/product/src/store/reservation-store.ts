import { isDataError, type Database, type Transaction } from "@flashdeal/runtime/database";
import { createGroupCommit, outcomesOf, rethrow, type BatchLimits } from "@flashdeal/runtime/group-commit";
import { decideResolutions, type ResolveEntry, type ResolveOutcome, type StateChange } from "../domain/decide-resolutions.ts";
import { ledgerOf } from "../domain/ledger.ts";
import type { Clock, OverdueHold, ReservationStore } from "../domain/ports.ts";
import { applyLedger, byStockKey } from "./apply-ledger.ts";
import { insertInboxEvents } from "./gen/messaging.sql.ts";
import { listLiveReservations, listOverdueHolds, listPurchaseMismatches, lockReservations, updateReservationStates } from "./gen/reservations.sql.ts";
import { lockStocks } from "./gen/stocks.sql.ts";
import { readReservations, withLines } from "./read-reservations.ts";
import { retryPassing } from "./reserve-batch.ts";

/** The inbox's name for the events that resolve holds. */
const consumer = "product-orders";

const nilUuid = "00000000-0000-0000-0000-000000000000";
const longAgo = new Date(0);

/** What the store works with. */
export interface ReservationStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly limits: BatchLimits;
}

/** One resolution in a batch. */
interface Resolution extends ResolveEntry {
  /** Who, for the ledger. */
  readonly actor: string;
  /** The event that asks for it; undefined for a call. */
  readonly eventId: string | undefined;
}

/** Reservations in Postgres. What calls and events want to become of them is gathered into batches, each one transaction. */
export function createReservationStore({ database, clock, limits }: ReservationStoreOptions): ReservationStore {
  const batches = createGroupCommit<Resolution, ResolveOutcome | undefined>({
    ...limits,
    name: "product-resolve",
    maxInFlight: 1,
    run: (resolutions, signal) => retryPassing(() => database.transaction((tx) => resolveAll(tx, resolutions, clock), { signal })),
    isItemFault: isDataError,
  });
  const resolve = async (resolutions: readonly Resolution[], signal?: AbortSignal) => outcomesOf(await batches.submitAll(resolutions, signal), rethrow);
  return {
    async getReservations(reservationIds) {
      const found = await readReservations(database, [...new Set(reservationIds)]);
      return [...new Set(reservationIds)].flatMap((id) => found.get(id) ?? []);
    },
    async resolve(entries, actor, signal) {
      const outcomes = await resolve(entries.map((entry) => ({ ...entry, actor, eventId: undefined })), signal);
      return outcomes.map((outcome, index) => outcome ?? { kind: "reservation-not-found", reservationId: entries[index]?.reservationId ?? "" });
    },
    resolveForEvents: (entries, actor) => resolve(entries.map((entry) => ({ ...entry, actor }))),
    async listLive({ afterReservationId = nilUuid, vendorItemId = "", maxRows }) {
      const rows = await listLiveReservations(database, { afterReservationId, onlyVendorItemId: vendorItemId, maxRows });
      const found = await withLines(database, rows);
      return rows.flatMap((row) => found.get(row.reservationId) ?? []);
    },
    listPurchaseMismatches: ({ after, vendorItemId = "", maxRows }) =>
      listPurchaseMismatches(database, {
        afterDealId: after?.dealId ?? nilUuid,
        afterUserId: after?.userId ?? nilUuid,
        onlyVendorItemId: vendorItemId,
        maxRows,
      }),
    async listOverdueHolds(expiredBy, after, maxRows): Promise<readonly OverdueHold[]> {
      const { expireTime, reservationId } = after ?? { expireTime: longAgo, reservationId: nilUuid };
      return listOverdueHolds(database, { expiredBy, afterTime: expireTime, afterReservationId: reservationId, maxRows });
    },
    drain: () => batches.drain(),
  };
}

/** Notes events in the inbox first, in the same transaction: those that are there already change nothing, and have no outcome. */
async function resolveAll(tx: Transaction, resolutions: readonly Resolution[], clock: Clock): Promise<readonly (ResolveOutcome | undefined)[]> {
  const eventIds = [...new Set(resolutions.flatMap(({ eventId }) => eventId ?? []))];
  const noted = eventIds.length === 0 ? [] : await insertInboxEvents(tx, { consumer, receiveTime: clock.now(), eventIds });
  const unread = new Set(noted.map((row) => row.eventId));
  const news = resolutions.filter(({ eventId }) => eventId === undefined || unread.delete(eventId));
  const outcomes = await resolveNews(tx, news, clock);
  const outcomeOf = new Map(news.map((resolution, index) => [resolution, outcomes[index]]));
  return resolutions.map((resolution) => outcomeOf.get(resolution));
}

/** Locks reservations by id, then stocks by key: the order of every writer. */
async function resolveNews(tx: Transaction, news: readonly Resolution[], clock: Clock): Promise<readonly ResolveOutcome[]> {
  if (news.length === 0) return [];
  const reservationIds = [...new Set(news.map((entry) => entry.reservationId))];
  const held = await withLines(tx, await lockReservations(tx, { reservationIds }));
  const { outcomes, steps, changes } = decideResolutions(news, held);
  if (changes.length === 0) return outcomes;
  const batch = ledgerOf(steps.map((step) => ({ ...step, actor: news[step.entryIndex]?.actor ?? "", reason: news[step.entryIndex]?.reason ?? "" })));
  const locked = await lockStocks(tx, {
    vendorItemIds: batch.stocks.map((stock) => stock.vendorItemId),
    fulfillmentCenterIds: batch.stocks.map((stock) => stock.fulfillmentCenterId),
  });
  const now = clock.now();
  const writing = [writeStates(tx, changes, now), applyLedger(tx, batch, byStockKey(locked), now)];
  tx.commit(writing.length);
  await Promise.all(writing);
  return outcomes;
}

async function writeStates(tx: Transaction, changes: readonly StateChange[], updateTime: Date): Promise<void> {
  await updateReservationStates(tx, {
    updateTime,
    reservationIds: changes.map((change) => change.reservationId),
    fromStates: changes.map((change) => change.from),
    toStates: changes.map((change) => change.to),
    orderIds: changes.map((change) => change.orderId ?? null),
  });
}
