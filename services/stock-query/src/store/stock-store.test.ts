import { migrate } from "@flashdeal/runtime/database";
import { openPglite } from "@flashdeal/runtime/testing";
import { createMemoryStockStore } from "./memory-stock-store.ts";
import { stockQueryMigrations } from "./open-read-model.ts";
import { createSqlStockStore } from "./sql-stock-store.ts";
import { testStockStore } from "../testing/stock-store-port.ts";

testStockStore("memory", async () => ({ store: createMemoryStockStore(), close: async () => {} }));

testStockStore("PGlite", async () => {
  const database = await openPglite();
  await migrate(database, stockQueryMigrations);
  return { store: createSqlStockStore(database), close: () => database.close() };
});
