import type { Transaction } from "@flashdeal/runtime/database";
import { outboxRow } from "@flashdeal/runtime/outbox";
import { StockChangedSchema } from "@flashdeal/proto/flashdeal/product/v1/product_events_pb";
import { v7 as uuidv7 } from "uuid";
import type { LedgerBatch, PurchaseDelta } from "../domain/ledger.ts";
import { stockKeyText, type NewMovement, type StockLevel } from "../domain/stock.ts";
import { stockChangedMessage } from "../message/stock-message.ts";
import { appendEvents } from "./append-events.ts";
import { addDealPurchases, subtractDealPurchases } from "./gen/reservations.sql.ts";
import { insertMovements, updateStocks } from "./gen/stocks.sql.ts";

/**
 * Writes a batch into the books: state, ledger and buyers' counts move together, and each key tells its new state in one
 * event. The caller holds the locks of all stock rows of the batch. Answers the new states.
 */
export async function applyLedger(tx: Transaction, batch: LedgerBatch, now: Date): Promise<readonly StockLevel[]> {
  if (batch.movements.length === 0) return [];
  const stocks = await updateStocks(tx, {
    updateTime: now,
    vendorItemIds: batch.stocks.map((stock) => stock.vendorItemId),
    fulfillmentCenterIds: batch.stocks.map((stock) => stock.fulfillmentCenterId),
    onHandDeltas: batch.stocks.map((stock) => stock.onHandDelta),
    reservedDeltas: batch.stocks.map((stock) => stock.reservedDelta),
  });
  if (stocks.length !== batch.stocks.length) throw new Error(`${batch.stocks.length} stock rows were locked, ${stocks.length} updated`);
  await writeMovements(tx, batch.movements, now);
  await writePurchases(tx, batch.purchases);
  const events = stocks.map((stock) => outboxRow(StockChangedSchema, stockChangedMessage(stock), { aggregateKey: stockKeyText(stock) }));
  await appendEvents(tx, events, now);
  return stocks;
}

async function writeMovements(tx: Transaction, movements: readonly NewMovement[], createTime: Date): Promise<void> {
  await insertMovements(tx, {
    createTime,
    movementIds: movements.map(() => uuidv7()),
    vendorItemIds: movements.map((movement) => movement.vendorItemId),
    fulfillmentCenterIds: movements.map((movement) => movement.fulfillmentCenterId),
    kinds: movements.map((movement) => movement.kind),
    onHandDeltas: movements.map((movement) => movement.onHandDelta),
    reservedDeltas: movements.map((movement) => movement.reservedDelta),
    reservationIds: movements.map((movement) => movement.reservationId ?? null),
    orderIds: movements.map((movement) => movement.orderId ?? null),
    actors: movements.map((movement) => movement.actor),
    reasons: movements.map((movement) => movement.reason),
  });
}

async function writePurchases(tx: Transaction, deltas: readonly PurchaseDelta[]): Promise<void> {
  const more = deltas.filter(({ delta }) => delta > 0n);
  const fewer = deltas.filter(({ delta }) => delta < 0n);
  if (more.length > 0) await addDealPurchases(tx, purchaseColumns(more));
  if (fewer.length > 0) await subtractDealPurchases(tx, purchaseColumns(fewer));
}

function purchaseColumns(deltas: readonly PurchaseDelta[]): { dealIds: string[]; userIds: string[]; quantities: bigint[] } {
  return {
    dealIds: deltas.map(({ dealId }) => dealId),
    userIds: deltas.map(({ userId }) => userId),
    quantities: deltas.map(({ delta }) => (delta < 0n ? -delta : delta)),
  };
}
