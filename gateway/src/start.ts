import { createInternalTokenSource, createTokenVerifier } from "@flashdeal/runtime/auth";
import { addressOf, createConnector, jwksFromAuth, jwksFromUrl, listen, readProcessTls, type ReleaseStack } from "@flashdeal/runtime/lifecycle";
import { createHttpServer } from "@flashdeal/runtime/rpc";
import { createMetrics, type Logger } from "@flashdeal/runtime/telemetry";
import { createGatewayApp } from "./app.ts";
import type { GatewayProcessConfig } from "./config.ts";

/** Starts the gateway with its connections to the services; `stack` drains it. */
export async function startGateway(config: GatewayProcessConfig, log: Logger, stack: ReleaseStack): Promise<void> {
  const metrics = createMetrics();
  const tls = await readProcessTls(config, "client");
  const connector = createConnector({
    addressOf: (service) => addressOf(config, service),
    tokens: createInternalTokenSource({ secret: config.internalTokenSecret, service: "gateway" }),
    timeoutMs: config.upstreamTimeoutMs,
    connections: config.upstreamConnections,
    ...(tls && { tls }),
  });
  stack.push("connections to the services", () => connector.close());
  const jwks = config.jwksUrl === undefined ? jwksFromAuth(connector.connect("auth")) : jwksFromUrl(config.jwksUrl);
  // Without the internal secret no service's token is good here: the public has none.
  const verifier = createTokenVerifier({ jwks, issuer: config.jwtIssuer, audience: config.jwtAudience });

  let draining = false;
  const app = await createGatewayApp(config, { verifier, connect: connector.connect, log, ready: () => !draining });
  const pages = createHttpServer({ host: config.httpHost, port: config.httpPort, routes: [], metrics, readiness: [], drainTimeoutMs: config.drainTimeoutMs });
  stack.push("HTTP listener", () => pages.drain());
  stack.push("REST listener", () => app.close());
  stack.push("readiness", () => {
    draining = true;
  });
  await listen(pages, "HTTP", config.httpHost, config.httpPort, "HTTP_PORT");
  const start = async () => ({ port: Number(new URL(await app.listen({ host: config.host, port: config.port })).port) });
  const gatewayPort = await listen({ start }, "REST", config.host, config.port, "GATEWAY_PORT");
  log.info({ gatewayPort }, `gateway is ready: REST on ${config.host}:${gatewayPort}`);
}
