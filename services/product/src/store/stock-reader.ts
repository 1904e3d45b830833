import type { Database } from "@flashdeal/runtime/database";
import type { StockReader } from "../domain/ports.ts";
import { getMovementSums, getStock, listMovements, listStockBooks } from "./gen/stocks.sql.ts";
import { toMovement } from "./rows.ts";

/** The ledger in Postgres. Page, sums and state come from one snapshot, so that they must agree. */
export function createStockReader({ database }: { readonly database: Database }): StockReader {
  return {
    listBooks: ({ after, vendorItemId, maxRows }) =>
      listStockBooks(database, {
        afterVendorItemId: after?.vendorItemId ?? "",
        afterFulfillmentCenterId: after?.fulfillmentCenterId ?? "",
        onlyVendorItemId: vendorItemId ?? "",
        maxRows,
      }),
    listMovements: ({ vendorItemId, fulfillmentCenterId, beforePosition, kind, maxRows }) =>
      database.transaction(
        async (tx) => {
          const key = { vendorItemId, fulfillmentCenterId };
          const stock = await getStock(tx, key);
          if (stock === undefined) return undefined;
          const rows = await listMovements(tx, { ...key, beforePosition: beforePosition ?? null, kind: kind ?? null, maxRows });
          const { onHandSum, reservedSum } = (await getMovementSums(tx, key)) ?? { onHandSum: 0n, reservedSum: 0n };
          return { movements: rows.map(toMovement), onHandSum, reservedSum, stock };
        },
        { isolation: "repeatable read", readOnly: true },
      ),
  };
}
