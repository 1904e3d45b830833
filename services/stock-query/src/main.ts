import { runService } from "@flashdeal/runtime/lifecycle";
import { composeStockQuery, stockQueryMigrations } from "./compose.ts";
import { loadStockQueryServiceConfig } from "./config.ts";

await runService({
  name: "stock-query",
  loadConfig: loadStockQueryServiceConfig,
  migrations: stockQueryMigrations,
  compose: composeStockQuery,
});
