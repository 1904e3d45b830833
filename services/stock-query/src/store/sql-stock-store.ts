import { isConnectionError, type Database } from "@flashdeal/runtime/database";
import { StoreUnavailableError, type StockStore } from "../domain/ports.ts";
import { keyText, type StockKey } from "../domain/stock-state.ts";
import { deleteStocks, getStock, listStocks, upsertStocks } from "./gen/stocks.sql.ts";

/** The read model in a table: Postgres or PGlite. */
export function createSqlStockStore(database: Database): StockStore {
  return {
    get: (key) => reached(getStock(database, { vendorItemId: key.vendorItemId, fulfillmentCenterId: key.fulfillmentCenterId })),
    async getMany(keys) {
      const rows = await reached(listStocks(database, keyColumns(keys)));
      const byKey = new Map(rows.map((row) => [keyText(row), row]));
      return keys.map((key) => byKey.get(keyText(key)));
    },
    async apply(states) {
      if (states.length === 0) return 0;
      return reached(
        upsertStocks(database, {
          ...keyColumns(states),
          onHands: states.map(({ onHand }) => onHand),
          reserveds: states.map(({ reserved }) => reserved),
          versions: states.map(({ version }) => version),
          changeTimes: states.map(({ changeTime }) => changeTime),
        }),
      );
    },
    async clear() {
      await reached(deleteStocks(database));
    },
  };
}

function keyColumns(keys: readonly StockKey[]): { readonly vendorItemIds: string[]; readonly fulfillmentCenterIds: string[] } {
  return {
    vendorItemIds: keys.map(({ vendorItemId }) => vendorItemId),
    fulfillmentCenterIds: keys.map(({ fulfillmentCenterId }) => fulfillmentCenterId),
  };
}

async function reached<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isConnectionError(error) ? new StoreUnavailableError("the read model's database is away", { cause: error }) : error;
  }
}
