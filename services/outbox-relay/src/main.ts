import { listen, loadConfigOrExit, openPlatform, runProcess, startBackground } from "@flashdeal/runtime/lifecycle";
import { createHttpServer } from "@flashdeal/runtime/rpc";
import { createLogger, createMetrics } from "@flashdeal/runtime/telemetry";
import { composeOutboxRelay, outboxRelayMigrations } from "./compose.ts";
import { loadOutboxRelayProcessConfig } from "./config.ts";

const name = "outbox-relay";
const config = loadConfigOrExit(loadOutboxRelayProcessConfig);
const log = createLogger({ name, level: config.logLevel });

await runProcess({
  log,
  drainTimeoutMs: config.drainTimeoutMs,
  async start(stack) {
    const metrics = createMetrics();
    const platform = await openPlatform({ config, name, log, migrations: [outboxRelayMigrations] }, stack);
    await startBackground(composeOutboxRelay(config, { ...platform, log, metrics }).background, stack);
    const server = createHttpServer({ host: config.httpHost, port: config.httpPort, routes: [], metrics, readiness: platform.readiness });
    stack.push("http listener", () => server.drain());
    const httpPort = await listen(server, "HTTP", config.httpHost, config.httpPort, "HTTP_PORT");
    log.info({ httpPort, schemas: config.schemas }, `${name} is ready: HTTP on ${config.httpHost}:${httpPort}`);
  },
});
