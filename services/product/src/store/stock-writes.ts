import type { Transaction } from "@flashdeal/runtime/database";
import { sumMovements } from "../domain/ledger.ts";
import type { Clock, ReconcileStockOutcome, StockChange, WriteSession } from "../domain/ports.ts";
import { decideReconciliation } from "../domain/reconcile.ts";
import type { NewMovement, StockLevel } from "../domain/stock.ts";
import { applyLedger, byStockKey } from "./apply-ledger.ts";
import { getStockSums, insertStock, lockStocks, type LockStocksRow } from "./gen/stocks.sql.ts";

/** The admin's writes of stock in one transaction. */
export function createStockWrites(tx: Transaction, clock: Clock): Pick<WriteSession, "receiveStock" | "adjustStock" | "reconcileStock"> {
  return {
    async receiveStock(receipt) {
      const { vendorItemId, fulfillmentCenterId } = receipt;
      await insertStock(tx, { vendorItemId, fulfillmentCenterId, updateTime: clock.now() });
      const locked = await lockStocks(tx, { vendorItemIds: [vendorItemId], fulfillmentCenterIds: [fulfillmentCenterId] });
      return changeOnHand(tx, "RECEIVE", receipt, locked, clock.now());
    },
    async adjustStock(adjustment) {
      const { vendorItemId, fulfillmentCenterId, delta } = adjustment;
      const [stock] = await lockStocks(tx, { vendorItemIds: [vendorItemId], fulfillmentCenterIds: [fulfillmentCenterId] });
      if (stock === undefined) return { kind: "stock-not-found" };
      const available = stock.onHand - stock.reserved;
      if (available + delta < 0n) return { kind: "stock-below-reserved", available };
      return { kind: "adjusted", stock: await changeOnHand(tx, "ADJUST", adjustment, [stock], clock.now()) };
    },
    reconcileStock: (change) => reconcile(tx, change, clock.now()),
  };
}

async function changeOnHand(
  tx: Transaction,
  kind: NewMovement["kind"],
  change: StockChange,
  locked: readonly LockStocksRow[],
  now: Date,
): Promise<StockLevel> {
  const { vendorItemId, fulfillmentCenterId, delta, actor, reason } = change;
  const key = { vendorItemId, fulfillmentCenterId };
  const why = { kind, actor, reason, reservationId: undefined, orderId: undefined };
  const movements: NewMovement[] = [{ ...key, ...why, onHandDelta: delta, reservedDelta: 0n }];
  const [stock] = await applyLedger(tx, { movements, stocks: sumMovements(movements), purchases: [] }, byStockKey(locked), now);
  if (stock === undefined) throw new Error("a locked stock row is gone");
  return stock;
}

async function reconcile(tx: Transaction, { vendorItemId, fulfillmentCenterId, actor, reason }: Omit<StockChange, "delta">, now: Date): Promise<ReconcileStockOutcome> {
  const key = { vendorItemId, fulfillmentCenterId };
  const [locked] = await lockStocks(tx, { vendorItemIds: [vendorItemId], fulfillmentCenterIds: [fulfillmentCenterId] });
  // Under the lock: nobody adds a movement or resolves a hold of the key meanwhile.
  const sums = await getStockSums(tx, key);
  if (locked === undefined || sums === undefined) return { kind: "stock-not-found" };
  const decided = decideReconciliation({ ...locked, ...sums });
  if (decided.kind === "repair-unsafe") return decided;
  const movements = decided.movements.map((deltas): NewMovement => ({ ...key, ...deltas, kind: "ADJUST", actor, reason, reservationId: undefined, orderId: undefined }));
  const [stock] = await applyLedger(tx, { movements, stocks: [{ ...key, ...decided.change }], purchases: [] }, byStockKey([locked]), now);
  if (stock === undefined) throw new Error("a locked stock row is gone");
  return { kind: "adjusted", stock };
}
