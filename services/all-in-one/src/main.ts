// `npm start`: every service and the gateway in one process, with the database in a folder.
import { performance } from "node:perf_hooks";
import { loadConfigOrExit, runProcess } from "@flashdeal/runtime/lifecycle";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { readArguments } from "./arguments.ts";
import { banner } from "./banner.ts";
import { loadAllInOneConfig } from "./config.ts";
import { startAllInOne } from "./start.ts";

readArguments(process.argv);
const config = loadConfigOrExit(loadAllInOneConfig);
const log = createLogger({ name: "flashdeal", level: config.process.logLevel });
await runProcess({
  log,
  drainTimeoutMs: config.process.drainTimeoutMs,
  start: async (stack) => {
    const ports = await startAllInOne(config, log, stack);
    process.stdout.write(banner(config, ports, performance.now()));
  },
});
