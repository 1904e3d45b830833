import { duration, integer, loadConfig, port, text, url, type Config, type Setting } from "@flashdeal/runtime/config";
import { platformSettings, type PlatformConfig } from "@flashdeal/runtime/lifecycle";
import { z } from "zod";

const schemaList = z
  .string()
  .transform((list) => list.split(",").map((name) => name.trim()))
  .pipe(z.array(z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, "must be names of schemas, separated by commas")).min(1).max(16));

function schemas(name: string, fallback: string): Setting<readonly string[]> {
  const inner = text(name, { default: fallback });
  return { ...inner, schema: z.union([z.undefined(), z.string()]).transform((value) => value ?? fallback).pipe(schemaList) };
}

/** The settings of the relay's own work. */
export const outboxRelayShape = {
  /** The schemas whose outboxes are published. */
  schemas: schemas("OUTBOX_SCHEMAS", "product,orders"),
  /** Most rows read and published at once. */
  batchSize: integer("OUTBOX_BATCH_SIZE", { default: 500, min: 1, max: 10_000 }),
  /** Longest time without a look at an outbox, whatever notifications say. */
  pollMs: duration("OUTBOX_POLL_INTERVAL", { default: 500, minMs: 10, maxMs: 60_000 }),
  /** How often a process that does not lead a schema tries to. */
  leaderRetryMs: duration("OUTBOX_LEADER_RETRY", { default: 1_000, minMs: 10, maxMs: 60_000 }),
  /** First and longest pause between attempts while the event bus or the database is away. */
  retryFirstMs: duration("OUTBOX_RETRY_FIRST", { default: 100, minMs: 1, maxMs: 60_000 }),
  retryMaxMs: duration("OUTBOX_RETRY_MAX", { default: 5_000, minMs: 1, maxMs: 600_000 }),
  /** Age from which on published rows are deleted. */
  retentionMs: duration("OUTBOX_RETENTION", { default: 24 * 3_600_000 }),
  /** Pause between two sweeps for old rows, and most rows deleted by one statement. */
  sweepMs: duration("OUTBOX_SWEEP_INTERVAL", { default: 60_000, minMs: 10, maxMs: 86_400_000 }),
  sweepBatchSize: integer("OUTBOX_SWEEP_BATCH_SIZE", { default: 1_000, min: 1, max: 100_000 }),
};

/** What `composeOutboxRelay` needs to know. */
export type OutboxRelayConfig = Config<typeof outboxRelayShape>;

/** Reads the relay's settings; throws one ConfigError that lists everything that is wrong. */
export function loadOutboxRelayConfig(env: NodeJS.ProcessEnv = process.env): OutboxRelayConfig {
  return loadConfig(outboxRelayShape, env);
}

/** The settings of the relay as a process of its own. */
export interface OutboxRelayProcessConfig extends OutboxRelayConfig, PlatformConfig {
  /** Where health and metrics are served. */
  readonly httpHost: string;
  readonly httpPort: number;
}

/** Reads the settings of the relay as a process of its own, those of every process included. */
export function loadOutboxRelayProcessConfig(env: NodeJS.ProcessEnv = process.env): OutboxRelayProcessConfig {
  // Required here: a bus inside this process would take every event and have nobody to hand it to.
  const natsUrl = url("NATS_URL", { protocols: ["nats", "tls", "ws", "wss"], secret: true });
  const listener = { httpHost: text("HTTP_HOST", { default: "0.0.0.0" }), httpPort: port("HTTP_PORT", { default: 9_066 }) };
  return loadConfig({ ...platformSettings(), natsUrl, ...listener, ...outboxRelayShape }, env);
}
