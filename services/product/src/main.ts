import { runService } from "@flashdeal/runtime/lifecycle";
import { composeProduct, productMigrations } from "./compose.ts";
import { loadProductServiceConfig } from "./config.ts";

await runService({ name: "product", loadConfig: loadProductServiceConfig, migrations: productMigrations, compose: composeProduct });
