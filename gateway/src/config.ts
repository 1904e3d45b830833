import { bytes, duration, integer, optional, port, text, type Config } from "@flashdeal/runtime/config";

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
