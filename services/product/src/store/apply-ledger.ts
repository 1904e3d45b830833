import type { Transaction } from "@flashdeal/runtime/database";
import { outboxRow } from "@flashdeal/runtime/outbox";
import { StockChangedSchema } from "@flashdeal/proto/flashdeal/product/v1/product_events_pb";
import { newId } from "@flashdeal/runtime/ids";
import { statesAfter, type LedgerBatch, type LockedStock } from "../domain/ledger.ts";
import { stockKeyText, type NewMovement, type StockKey, type StockLevel } from "../domain/stock.ts";
import { stockChangedMessage } from "../message/stock-message.ts";
import { updateBooks, type UpdateBooksArgs } from "./gen/stocks.sql.ts";

/** Stock rows by `stockKeyText`. */
export function byStockKey<Row extends StockKey & LockedStock>(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [stockKeyText(row), row]));
}

/**
 * Writes a batch into the books with one statement (a key without a movement only gets a new version, and is told anew): state, ledger and buyers' counts move together, and each key tells its new
 * state in one event. The caller holds the locks of all stock rows of the batch, and hands in what they held when it locked
 * them. Answers the new states. Where a stock row has changed since, the statement fails as a serialization failure.
 */
export async function applyLedger(
  tx: Transaction,
  batch: LedgerBatch,
  locked: ReadonlyMap<string, LockedStock>,
  now: Date,
): Promise<readonly StockLevel[]> {
  if (batch.stocks.length === 0) return [];
  const after = statesAfter(batch.stocks, locked, now);
  await updateBooks(tx, {
    updateTime: now,
    vendorItemIds: batch.stocks.map((stock) => stock.vendorItemId),
    fulfillmentCenterIds: batch.stocks.map((stock) => stock.fulfillmentCenterId),
    onHandDeltas: batch.stocks.map((stock) => stock.onHandDelta),
    reservedDeltas: batch.stocks.map((stock) => stock.reservedDelta),
    versions: after.map((stock) => stock.version - 1n),
    ...purchaseColumns(batch),
    ...movementColumns(batch),
    ...eventColumns(after),
  });
  return after;
}

/** As `applyLedger`, where the stock rows and the buyers' counts are written already. `after`: the states that they are in. */
export async function appendToLedger(tx: Transaction, { movements }: LedgerBatch, after: readonly StockLevel[], now: Date): Promise<void> {
  const written = { vendorItemIds: [], fulfillmentCenterIds: [], onHandDeltas: [], reservedDeltas: [], versions: [] };
  await updateBooks(tx, {
    updateTime: now,
    ...written,
    ...purchaseColumns({ purchases: [] }),
    ...movementColumns({ movements }),
    ...eventColumns(after),
  });
}

type Columns<Names extends keyof UpdateBooksArgs> = Pick<UpdateBooksArgs, Names>;

function purchaseColumns({ purchases }: Pick<LedgerBatch, "purchases">): Columns<"dealIds" | "userIds" | "purchaseDeltas"> {
  return {
    dealIds: purchases.map(({ dealId }) => dealId),
    userIds: purchases.map(({ userId }) => userId),
    purchaseDeltas: purchases.map(({ delta }) => delta),
  };
}

/** What movements change travels once, however many change the same. */
function movementColumns({ movements }: Pick<LedgerBatch, "movements">) {
  const distinct: NewMovement[] = [];
  const places = new Map<string, number>();
  const changes = movements.map((movement) => {
    const key = `${stockKeyText(movement)} ${movement.kind} ${movement.onHandDelta} ${movement.reservedDelta} ${movement.reason}`;
    const known = places.get(key);
    if (known !== undefined) return known;
    const place = distinct.push(movement);
    places.set(key, place);
    return place;
  });
  return {
    movementIds: movements.map(() => newId()),
    changes,
    reservationIds: movements.map((movement) => movement.reservationId ?? null),
    orderIds: movements.map((movement) => movement.orderId ?? null),
    actors: movements.map((movement) => movement.actor),
    changeVendorItemIds: distinct.map((movement) => movement.vendorItemId),
    changeFulfillmentCenterIds: distinct.map((movement) => movement.fulfillmentCenterId),
    changeKinds: distinct.map((movement) => movement.kind),
    changeOnHandDeltas: distinct.map((movement) => movement.onHandDelta),
    changeReservedDeltas: distinct.map((movement) => movement.reservedDelta),
    changeReasons: distinct.map((movement) => movement.reason),
  };
}

function eventColumns(after: readonly StockLevel[]): Columns<"eventIds" | "subjects" | "aggregateKeys" | "payloads" | "headers"> {
  const rows = after.map((stock) => outboxRow(StockChangedSchema, stockChangedMessage(stock), { aggregateKey: stockKeyText(stock) }));
  return {
    eventIds: rows.map((row) => row.eventId),
    subjects: rows.map((row) => row.subject),
    aggregateKeys: rows.map((row) => row.aggregateKey),
    payloads: rows.map((row) => row.payload),
    headers: rows.map((row) => row.headers),
  };
}
