import { runService } from "@flashdeal/runtime/lifecycle";
import { composeAuditor } from "./compose.ts";
import { loadAuditorServiceConfig } from "./config.ts";

await runService({ name: "auditor", loadConfig: loadAuditorServiceConfig, compose: composeAuditor });
