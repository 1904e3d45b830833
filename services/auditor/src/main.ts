import { runService } from "@flashdeal/runtime/lifecycle";
import { auditorMigrations, composeAuditor } from "./compose.ts";
import { loadAuditorServiceConfig } from "./config.ts";

await runService({ name: "auditor", loadConfig: loadAuditorServiceConfig, migrations: auditorMigrations, compose: composeAuditor });
