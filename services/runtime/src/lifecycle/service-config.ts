import { address, bytes, duration, integer, oneOf, optional, port, secret, text, url, type Config } from "../config/index.ts";
import { userTokenAudience, userTokenIssuer } from "../auth/index.ts";
import { logLevels } from "../telemetry/index.ts";
import type { UpstreamName } from "./composition.ts";

/** The ports that a service listens on where nothing else is said. */
export interface ServicePorts {
  readonly grpcPort: number;
  readonly httpPort: number;
}

/**
 * The settings that every stand-alone service has. Its own `config.ts` spreads them into its shape:
 * `loadConfig({ ...serviceSettings({ grpcPort: 50062, httpPort: 9062 }), … }, env)`.
 */
export function serviceSettings(ports: ServicePorts) {
  return {
    ...platformSettings(),
    ...listenerSettings(ports),
    ...upstreamSettings(),
  };
}

/** Where the database, the event bus and the cache are, and how the process behaves. */
export function platformSettings() {
  return {
    databaseUrl: url("DATABASE_URL", { protocols: ["postgres", "postgresql", "pglite"], secret: true }),
    databasePoolSize: integer("DATABASE_POOL_SIZE", { min: 1, max: 1_000, default: 10 }),
    natsUrl: optional(url("NATS_URL", { protocols: ["nats", "tls", "ws", "wss"], secret: true })),
    redisUrl: optional(url("REDIS_URL", { protocols: ["redis", "rediss"], secret: true })),
    logLevel: oneOf("LOG_LEVEL", logLevels, { default: "info" }),
    drainTimeoutMs: duration("DRAIN_TIMEOUT", { default: 15_000, minMs: 100, maxMs: 600_000 }),
  };
}

/** Where the process listens. `*_HOST` 0.0.0.0 is every interface. */
export function listenerSettings(ports: ServicePorts) {
  return {
    grpcHost: text("GRPC_HOST", { default: "0.0.0.0" }),
    grpcPort: port("GRPC_PORT", { default: ports.grpcPort }),
    httpHost: text("HTTP_HOST", { default: "0.0.0.0" }),
    httpPort: port("HTTP_PORT", { default: ports.httpPort }),
    maxMessageBytes: bytes("MAX_MESSAGE_BYTES", { default: 4 * 1024 * 1024 }),
    grpcTlsCertFile: optional(text("GRPC_TLS_CERT_FILE", { example: "/run/tls/tls.crt" })),
    grpcTlsKeyFile: optional(text("GRPC_TLS_KEY_FILE", { example: "/run/tls/tls.key" })),
    grpcTlsCaFile: optional(text("GRPC_TLS_CA_FILE", { example: "/run/tls/ca.crt" })),
  };
}

/** How the process reaches the other services and checks who calls. */
export function upstreamSettings() {
  return {
    internalTokenSecret: secret("INTERNAL_TOKEN_SECRET"),
    jwksUrl: optional(url("JWKS_URL", { protocols: ["http", "https"] })),
    jwtIssuer: text("JWT_ISSUER", { default: userTokenIssuer }),
    jwtAudience: text("JWT_AUDIENCE", { default: userTokenAudience }),
    authAddress: address("AUTH_ADDRESS", { default: "127.0.0.1:50061" }),
    productAddress: address("PRODUCT_ADDRESS", { default: "127.0.0.1:50062" }),
    orderAddress: address("ORDER_ADDRESS", { default: "127.0.0.1:50063" }),
    stockQueryAddress: address("STOCK_QUERY_ADDRESS", { default: "127.0.0.1:50064" }),
    auditorAddress: address("AUDITOR_ADDRESS", { default: "127.0.0.1:50065" }),
    upstreamTimeoutMs: duration("UPSTREAM_TIMEOUT", { default: 10_000, minMs: 10, maxMs: 600_000 }),
    upstreamConnections: integer("UPSTREAM_CONNECTIONS", { min: 1, max: 64, default: 1 }),
  };
}

/** What `platformSettings` reads. */
export type PlatformConfig = Omit<Config<ReturnType<typeof platformSettings>>, "databaseUrl"> & {
  /** Undefined: the process needs no database, gets none and is ready without one. */
  readonly databaseUrl: string | undefined;
};

/** What `listenerSettings` reads. */
export type ListenerConfig = Config<ReturnType<typeof listenerSettings>>;

/** What `upstreamSettings` reads. */
export type UpstreamConfig = Config<ReturnType<typeof upstreamSettings>>;

/** What `serviceSettings` reads. */
export type ServiceConfig = PlatformConfig & ListenerConfig & UpstreamConfig;

/** The address of a service as the configuration has it. */
export function addressOf(config: UpstreamConfig, service: UpstreamName): string {
  const addresses: Readonly<Record<UpstreamName, string>> = {
    auth: config.authAddress,
    product: config.productAddress,
    order: config.orderAddress,
    "stock-query": config.stockQueryAddress,
    auditor: config.auditorAddress,
  };
  return addresses[service];
}
