import { createPgliteDatabase, migrate } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { createMemoryStockStore } from "./memory-stock-store.ts";
import { stockQueryMigrations } from "./open-read-model.ts";
import { createSqlStockStore } from "./sql-stock-store.ts";
import { testStockStore } from "./stock-store-port.ts";

testStockStore("memory", async () => ({ store: createMemoryStockStore(), close: async () => {} }));

testStockStore("PGlite", async () => {
  const database = await createPgliteDatabase({ folder: undefined, log: createLogger({ name: "test", level: "silent" }) });
  await migrate(database, stockQueryMigrations);
  return { store: createSqlStockStore(database), close: () => database.close() };
});
