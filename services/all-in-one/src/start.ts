import { createClient, type Transport } from "@connectrpc/connect";
import { auditorMigrations, composeAuditor } from "@flashdeal/auditor";
import { authMigrations, composeAuth } from "@flashdeal/auth";
import { createGatewayApp } from "@flashdeal/gateway";
import { composeOrder, orderMigrations } from "@flashdeal/order";
import { composeOutboxRelay, outboxRelayMigrations } from "@flashdeal/outbox-relay";
import { composeProduct, productMigrations } from "@flashdeal/product";
import { Health } from "@flashdeal/proto/grpc/health/v1/health_pb";
import { createInternalTokenSource, createTokenVerifier } from "@flashdeal/runtime/auth";
import {
  createConnector,
  listen,
  openPlatform,
  reachableHost,
  readProcessTls,
  serve,
  startBackground,
  StartError,
  systemClock,
  type Adapters,
  type Composed,
  type Platform,
  type ReleaseStack,
  type UpstreamName,
} from "@flashdeal/runtime/lifecycle";
import { createGrpcTransport, type TlsOptions } from "@flashdeal/runtime/rpc";
import { createMetrics, type Logger } from "@flashdeal/runtime/telemetry";
import { composeStockQuery, stockQueryMigrations } from "@flashdeal/stock-query";
import type { AllInOneConfig } from "./config.ts";

/** Where everything listens. */
export interface AllInOnePorts {
  readonly gatewayPort: number;
  readonly grpcPort: number;
  readonly httpPort: number;
}

/**
 * Starts every service and the gateway in this process, over one database and one event bus. They still meet only through the
 * contract: calls between them go through the gRPC listener, events through the outbox.
 */
export async function startAllInOne(config: AllInOneConfig, log: Logger, stack: ReleaseStack): Promise<AllInOnePorts> {
  const metrics = createMetrics();
  const tls = await readProcessTls(config.process, "server");
  const ownTls = tls && pinnedToItself(tls);
  const migrations = [authMigrations, productMigrations, orderMigrations, stockQueryMigrations, outboxRelayMigrations, auditorMigrations];
  const platform = await openPlatform({ config: config.process, name: "flashdeal", log, migrations }, stack);

  let grpcAddress = "";
  const adaptersOf = (service: string): Adapters => {
    const tokens = createInternalTokenSource({ secret: config.process.internalTokenSecret, service });
    const { upstreamTimeoutMs: timeoutMs, upstreamConnections: connections } = config.process;
    const connector = createConnector({ addressOf: () => grpcAddress, tokens, timeoutMs, connections, ...(ownTls && { tls: ownTls }) });
    stack.push(`${service}: connections`, () => connector.close());
    // Services ask for their transports while they are composed; the listener's port is known only later.
    const connect = (name: UpstreamName): Transport => ({
      unary: (...call) => connector.connect(name).unary(...call),
      stream: (...call) => connector.connect(name).stream(...call),
    });
    return { ...platform, metrics, clock: systemClock, log: log.child({ service }), connect };
  };
  const { services, jwks } = composeServices(config, adaptersOf);

  const verifier = createTokenVerifier({ jwks, internalSecret: config.process.internalTokenSecret, issuer: config.auth.jwtIssuer, audience: config.auth.jwtAudience });
  const routes = services.flatMap((service) => service.routes);
  const { readiness } = platform;
  const { grpcPort, httpPort } = await serve({ config: config.process, routes, verifier, log, metrics, readiness, ...(tls && { tls }) }, stack);
  grpcAddress = `${reachableHost(config.process.grpcHost)}:${grpcPort}`;
  if (ownTls !== undefined) await checkOwnCalls(grpcAddress, ownTls);
  await startBackground(services.flatMap((service) => service.background), stack);

  const app = await createGatewayApp(config.gateway, { ...adaptersOf("gateway"), verifier, ready: () => answers(platform) });
  stack.push("gateway", () => app.close());
  const start = async () => ({ port: portOf(await app.listen({ host: config.gateway.host, port: config.gateway.port })) });
  const gatewayPort = await listen({ start }, "REST", config.gateway.host, config.gateway.port, "GATEWAY_PORT");
  return { gatewayPort, grpcPort, httpPort };
}

/**
 * In the order in which their background work starts: whoever consumes events before the relay that publishes them, since the
 * local bus hands an event to those who listen at that moment.
 */
function composeServices(config: AllInOneConfig, adaptersOf: (service: string) => Adapters) {
  const auth = composeAuth(config.auth, adaptersOf("auth"));
  const services: readonly Composed[] = [
    auth,
    composeProduct(config.product, adaptersOf("product")),
    composeOrder(config.order, adaptersOf("order")),
    composeStockQuery(config.stockQuery, adaptersOf("stock-query")),
    composeAuditor(config.auditor, adaptersOf("auditor")),
    composeOutboxRelay(config.outboxRelay, adaptersOf("outbox-relay")),
  ];
  return { services, jwks: auth.jwks };
}

/** Calls of this process to itself show its own certificate and take no other, whatever name it carries. */
function pinnedToItself(tls: TlsOptions): TlsOptions {
  return { ...tls, ...(tls.cert && { pinnedCert: tls.cert }) };
}

/** A certificate that is good for a server only, or out of date, would let the process start and each of its calls to itself fail. */
async function checkOwnCalls(address: string, tls: TlsOptions): Promise<void> {
  const transport = createGrpcTransport({ address, tls, defaultTimeoutMs: 5_000 });
  try {
    await createClient(Health, transport).check({});
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `This process cannot call itself over TLS: ${cause}. GRPC_TLS_CERT_FILE has to be in force and, with GRPC_TLS_CA_FILE, issued by it for clients too.`,
      { cause: error },
    );
  } finally {
    transport.close();
  }
}

const readyTimeoutMs = 1_000;

async function answers({ database }: Platform): Promise<boolean> {
  try {
    await database.ping(readyTimeoutMs);
    return true;
  } catch {
    return false;
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
