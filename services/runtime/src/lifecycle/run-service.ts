import { createInternalTokenSource, createTokenVerifier, type TokenVerifier } from "../auth/index.ts";
import { createGrpcTransport, type TlsOptions } from "../rpc/index.ts";
import { createLogger, createMetrics } from "../telemetry/index.ts";
import { systemClock, type Adapters, type Composed } from "./composition.ts";
import { createConnector, type Connector } from "./connector.ts";
import { jwksFromAuth, jwksFromUrl, type JwksSource } from "./jwks-source.ts";
import { openPlatform, type Migrations } from "./platform.ts";
import { readProcessTls } from "./process-tls.ts";
import type { ReleaseStack } from "./release-stack.ts";
import { loadConfigOrExit, runProcess } from "./run-process.ts";
import { serve, startBackground } from "./serve.ts";
import { addressOf, type ServiceConfig } from "./service-config.ts";

/** A service that runs as a process of its own. */
export interface ServiceDefinition<Config extends ServiceConfig> {
  /** As it stands in the log, in internal tokens and in the database's list of connections. */
  readonly name: string;
  /** Reads the configuration; a `ConfigError` ends the process with 78. */
  readonly loadConfig: () => Config;
  /** Default: the service has no tables. */
  readonly migrations?: Migrations;
  readonly compose: (config: Config, adapters: Adapters) => Composed | Promise<Composed>;
}

/**
 * Runs one service from its configuration to its end: `await runService({ name: "product", loadConfig, migrations, compose })`
 * is the whole of a `main.ts`.
 */
export async function runService<Config extends ServiceConfig>(definition: ServiceDefinition<Config>): Promise<void> {
  const config = loadConfigOrExit(definition.loadConfig);
  const log = createLogger({ name: definition.name, level: config.logLevel });
  await runProcess({ log, drainTimeoutMs: config.drainTimeoutMs, start: (stack) => startService(definition, config, log, stack) });
}

async function startService<Config extends ServiceConfig>(
  definition: ServiceDefinition<Config>,
  config: Config,
  log: Adapters["log"],
  stack: ReleaseStack,
): Promise<void> {
  const startMs = performance.now();
  const { name } = definition;
  const metrics = createMetrics();
  const tls = await readProcessTls(config, "server");
  if (config.natsUrl === undefined) log.warn("NATS_URL is not set: events stay in this process, and no other service sees them");
  const platform = await openPlatform({ config, name, log, migrations: definition.migrations === undefined ? [] : [definition.migrations] }, stack);
  const connector = connectorOf(config, name, tls);
  stack.push("upstream connections", () => connector.close());
  const { database, eventBus, cache, readiness } = platform;
  const composed = await definition.compose(config, { database, eventBus, cache, log, metrics, clock: systemClock, connect: connector.connect });
  const verifier = verifierOf(config, composed, tls, stack);
  await startBackground(composed.background, stack);
  const { grpcPort, httpPort } = await serve({ config, routes: composed.routes, verifier, log, metrics, readiness, ...(tls && { tls }) }, stack);
  const readyMs = Math.round(performance.now() - startMs);
  log.info({ grpcPort, httpPort, readyMs }, `${name} is ready: gRPC on ${config.grpcHost}:${grpcPort}, HTTP on ${config.httpHost}:${httpPort}`);
}

function connectorOf(config: ServiceConfig, service: string, tls: TlsOptions | undefined): Connector {
  return createConnector({
    addressOf: (upstream) => addressOf(config, upstream),
    tokens: createInternalTokenSource({ secret: config.internalTokenSecret, service }),
    timeoutMs: config.upstreamTimeoutMs,
    connections: config.upstreamConnections,
    ...(tls && { tls }),
  });
}

/** Verifies with the service's own keys where it issues them, with those of JWKS_URL where that is set, or else with auth's. */
function verifierOf(config: ServiceConfig, composed: Composed, tls: TlsOptions | undefined, stack: ReleaseStack): TokenVerifier {
  const jwks = composed.jwks ?? (config.jwksUrl === undefined ? authKeys(config, tls, stack) : jwksFromUrl(config.jwksUrl));
  const { internalTokenSecret: internalSecret, jwtIssuer: issuer, jwtAudience: audience } = config;
  return createTokenVerifier({ jwks, internalSecret, issuer, audience });
}

function authKeys(config: ServiceConfig, tls: TlsOptions | undefined, stack: ReleaseStack): JwksSource {
  const transport = createGrpcTransport({ address: config.authAddress, ...(tls && { tls }) });
  stack.push("auth connection", () => transport.close());
  return jwksFromAuth(transport);
}
