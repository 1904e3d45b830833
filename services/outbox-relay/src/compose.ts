import { fileURLToPath } from "node:url";
import type { Adapters, Composed } from "@flashdeal/runtime/lifecycle";
import type { OutboxRelayConfig } from "./config.ts";
import { createRelayMetrics } from "./relay/metrics.ts";
import { createPublisher } from "./relay/publisher.ts";
import { createSourceRelay } from "./relay/source-relay.ts";
import { createOutboxSource } from "./store/outbox-source.ts";

/** The relay's schema and where its migrations are. */
export const outboxRelayMigrations = {
  schema: "relay",
  folder: fileURLToPath(new URL("../../../sql/outbox-relay/migrations", import.meta.url)),
} as const;

/** What the relay uses of the adapters. */
export type OutboxRelayAdapters = Pick<Adapters, "database" | "eventBus" | "log" | "metrics">;

/** The relay: one background loop per schema, no rpcs. Any number of processes may run it; one of them leads each schema. */
export function composeOutboxRelay(config: OutboxRelayConfig, adapters: OutboxRelayAdapters): Composed {
  const { database, eventBus, log } = adapters;
  const metrics = createRelayMetrics(adapters.metrics);
  const backoff = { firstMs: config.retryFirstMs, maxMs: config.retryMaxMs };
  const { retentionMs, sweepMs, sweepBatchSize } = config;
  const background = config.schemas.map((source) =>
    createSourceRelay({
      source,
      database,
      metrics,
      log,
      backoff,
      outbox: createOutboxSource(database, source),
      publisher: createPublisher({ source, eventBus, backoff, metrics, log }),
      batchSize: config.batchSize,
      pollMs: config.pollMs,
      leaderRetryMs: config.leaderRetryMs,
      retention: { retentionMs, sweepMs, sweepBatchSize },
    }),
  );
  return { routes: [], background };
}
