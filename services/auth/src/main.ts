import { runService } from "@flashdeal/runtime/lifecycle";
import { authMigrations, composeAuth } from "./compose.ts";
import { loadAuthProcessConfig } from "./config.ts";

await runService({
  name: "auth",
  loadConfig: () => loadAuthProcessConfig(process.env),
  migrations: authMigrations,
  compose: composeAuth,
});
