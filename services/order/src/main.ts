import { runService } from "@flashdeal/runtime/lifecycle";
import { composeOrder, orderMigrations } from "./compose.ts";
import { loadOrderServiceConfig } from "./config.ts";

await runService({ name: "order", loadConfig: loadOrderServiceConfig, migrations: orderMigrations, compose: composeOrder });
