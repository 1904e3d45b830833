import { userTokenAudience, userTokenIssuer } from "@flashdeal/runtime/auth";
import { bytes, duration, integer, loadConfig, oneOf, optional, port, text, type Config } from "@flashdeal/runtime/config";
import { upstreamSettings } from "@flashdeal/runtime/lifecycle";
import { logLevels } from "@flashdeal/runtime/telemetry";

/** The gateway's settings and the environment variables that they come from. */
export const gatewayShape = {
  /** Address to listen on for REST. */
  host: text("GATEWAY_HOST", { default: "127.0.0.1" }),
  port: port("GATEWAY_PORT", { default: 8080 }),
  /** Largest body of a REST call. */
  maxBodyBytes: bytes("GATEWAY_MAX_BODY_BYTES", { default: 1_048_576, maxBytes: 16_777_216 }),
  /** Longest that a unary REST call may take, the services behind it included. */
  requestTimeoutMs: duration("GATEWAY_REQUEST_TIMEOUT", { default: 10_000, minMs: 100, maxMs: 300_000 }),
  /** A comment is sent on quiet event streams this often, so that proxies keep them open. */
  heartbeatMs: duration("GATEWAY_HEARTBEAT", { default: 15_000, minMs: 100, maxMs: 300_000 }),
  /** Origins that browsers may call from, separated by commas; `*` for any. Unset: none. */
  corsOrigins: optional(text("GATEWAY_CORS_ORIGINS", { example: "https://shop.example" })),
  /** Number of proxies in front whose X-Forwarded-For is believed. */
  trustedProxies: integer("GATEWAY_TRUSTED_PROXIES", { default: 0, max: 10 }),
};

export type GatewayConfig = Config<typeof gatewayShape>;

/** The settings of the gateway as a process of its own. */
export const gatewayProcessShape = {
  ...gatewayShape,
  ...upstreamSettings(),
  logLevel: oneOf("LOG_LEVEL", logLevels, { default: "info" }),
  drainTimeoutMs: duration("DRAIN_TIMEOUT", { default: 15_000, minMs: 100, maxMs: 600_000 }),
  /** Health and metrics for those who run it; not for the public. */
  httpHost: text("HTTP_HOST", { default: "0.0.0.0" }),
  httpPort: port("HTTP_PORT", { default: 9067 }),
  /** Certificate, key and authority for calls to the services; with a key the gateway shows its own certificate (mTLS). */
  grpcTlsCertFile: optional(text("GRPC_TLS_CERT_FILE", { example: "/run/tls/tls.crt" })),
  grpcTlsKeyFile: optional(text("GRPC_TLS_KEY_FILE", { example: "/run/tls/tls.key" })),
  grpcTlsCaFile: optional(text("GRPC_TLS_CA_FILE", { example: "/run/tls/ca.crt" })),
  jwtIssuer: text("JWT_ISSUER", { default: userTokenIssuer }),
  jwtAudience: text("JWT_AUDIENCE", { default: userTokenAudience }),
};

export type GatewayProcessConfig = Config<typeof gatewayProcessShape>;

/** Reads the gateway's settings; throws one ConfigError that lists everything that is wrong. */
export function loadGatewayProcessConfig(env: NodeJS.ProcessEnv = process.env): GatewayProcessConfig {
  return loadConfig(gatewayProcessShape, env);
}
