import type { Transaction } from "@flashdeal/runtime/database";
import type { Clock, ReconcilePurchaseOutcome, ReconcileStockOutcome, RepublishStockOutcome, StockChange, WriteSession } from "../domain/ports.ts";
import { decideReconciliation } from "../domain/reconcile.ts";
import type { NewMovement, StockKey } from "../domain/stock.ts";
import { appendToLedger, applyLedger, byStockKey } from "./apply-ledger.ts";
import { addDealPurchase, getPurchaseSums } from "./gen/reservations.sql.ts";
import { getStockSums, lockStocks, lockStocksOfDeals, updateStockVersion } from "./gen/stocks.sql.ts";

/** The auditor's writes in one transaction. Each is decided under the lock of the key's stock row: nobody moves units of the key meanwhile. */
export function createRepairWrites(tx: Transaction, clock: Clock): Pick<WriteSession, "reconcileStock" | "republishStock" | "reconcilePurchase"> {
  return {
    reconcileStock: (change) => reconcileStock(tx, change, clock.now()),
    republishStock: (key, aboveVersion) => republishStock(tx, key, aboveVersion, clock.now()),
    reconcilePurchase: (dealId, userId) => reconcilePurchase(tx, dealId, userId),
  };
}

async function lockStock(tx: Transaction, { vendorItemId, fulfillmentCenterId }: StockKey) {
  const [locked] = await lockStocks(tx, { vendorItemIds: [vendorItemId], fulfillmentCenterIds: [fulfillmentCenterId] });
  return locked;
}

async function reconcileStock(tx: Transaction, { vendorItemId, fulfillmentCenterId, actor, reason }: Omit<StockChange, "delta">, now: Date): Promise<ReconcileStockOutcome> {
  const key = { vendorItemId, fulfillmentCenterId };
  const locked = await lockStock(tx, key);
  const sums = await getStockSums(tx, key);
  if (locked === undefined || sums === undefined) return { kind: "stock-not-found" };
  const decided = decideReconciliation({ ...locked, ...sums });
  if (decided.kind === "repair-unsafe") return decided;
  const movements = decided.movements.map((deltas): NewMovement => ({ ...key, ...deltas, kind: "ADJUST", actor, reason, reservationId: undefined, orderId: undefined }));
  const [stock] = await applyLedger(tx, { movements, stocks: [{ ...key, ...decided.change }], purchases: [] }, byStockKey([locked]), now);
  if (stock === undefined) throw new Error("a locked stock row is gone");
  return { kind: "adjusted", stock };
}

async function republishStock(tx: Transaction, key: StockKey, aboveVersion: bigint, updateTime: Date): Promise<RepublishStockOutcome> {
  const locked = await lockStock(tx, key);
  if (locked === undefined) return { kind: "stock-not-found" };
  const { vendorItemId, fulfillmentCenterId } = key;
  const version = (locked.version > aboveVersion ? locked.version : aboveVersion) + 1n;
  const stock = await updateStockVersion(tx, { vendorItemId, fulfillmentCenterId, version, updateTime });
  if (stock === undefined) throw new Error("a locked stock row is gone");
  await appendToLedger(tx, { movements: [], stocks: [], purchases: [] }, [stock], updateTime);
  return { kind: "adjusted", stock };
}

async function reconcilePurchase(tx: Transaction, dealId: string, userId: string): Promise<ReconcilePurchaseOutcome> {
  const [deal] = await lockStocksOfDeals(tx, { dealIds: [dealId] });
  if (deal === undefined) return { kind: "deal-not-found", dealId };
  if (deal.perUserLimit === 0n) return { kind: "counted", counted: 0n };
  const { counted, reserved } = (await getPurchaseSums(tx, { dealId, userId })) ?? { counted: 0n, reserved: 0n };
  if (counted > reserved) {
    return { kind: "repair-unsafe", description: `${counted} units are counted and ${reserved} are reserved: to lower the one to the other could let the buyer have more than the limit` };
  }
  if (counted < reserved) await addDealPurchase(tx, { dealId, userId, quantity: reserved - counted, perUserLimit: 0n });
  return { kind: "counted", counted: reserved };
}
