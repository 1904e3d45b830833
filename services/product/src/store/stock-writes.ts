import type { Transaction } from "@flashdeal/runtime/database";
import { sumMovements } from "../domain/ledger.ts";
import type { Clock, StockChange, WriteSession } from "../domain/ports.ts";
import type { NewMovement, StockLevel } from "../domain/stock.ts";
import { applyLedger, byStockKey } from "./apply-ledger.ts";
import { insertStock, lockStocks, type LockStocksRow } from "./gen/stocks.sql.ts";

/** The admin's writes of stock in one transaction. */
export function createStockWrites(tx: Transaction, clock: Clock): Pick<WriteSession, "receiveStock" | "adjustStock"> {
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
