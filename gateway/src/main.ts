// The gateway as a process of its own.
import { createLogger } from "@flashdeal/runtime/telemetry";
import { loadConfigOrExit, runProcess } from "@flashdeal/runtime/lifecycle";
import { loadGatewayProcessConfig } from "./config.ts";
import { startGateway } from "./start.ts";

const config = loadConfigOrExit(loadGatewayProcessConfig);
const log = createLogger({ name: "gateway", level: config.logLevel });
await runProcess({ log, drainTimeoutMs: config.drainTimeoutMs, start: (stack) => startGateway(config, log, stack) });
