import type { Adapters, Background, Composed } from "@flashdeal/runtime/lifecycle";
import type { StockQueryConfig } from "./config.ts";
import { createConsumer } from "./consumer.ts";
import type { StockStore } from "./domain/ports.ts";
import { createProjector } from "./domain/projector.ts";
import { createWatchHub } from "./domain/watch-hub.ts";
import { createRoutes } from "./handler/routes.ts";
import { createNearCacheHandler, createProjectionHandler, stockChangedSubject } from "./handler/stock-changed.ts";
import { createStockQueryMetrics } from "./metrics.ts";
import { createNearCache } from "./store/near-cache.ts";
import { openReadModel } from "./store/open-read-model.ts";

export { stockQueryMigrations } from "./store/open-read-model.ts";

/** What stock-query uses of the adapters. */
export interface StockQueryAdapters extends Pick<Adapters, "database" | "eventBus" | "log" | "metrics" | "clock"> {
  /** A read model to use in place of the one that the configuration names. */
  readonly store?: StockStore;
}

/**
 * Wires stock-query. Two subscriptions take the same news: the projection shares it with every other process and writes the
 * read model; the near cache of each process hears all of it.
 */
export function composeStockQuery(config: StockQueryConfig, adapters: StockQueryAdapters): Composed {
  const { database, eventBus, log, clock } = adapters;
  const readModel =
    adapters.store === undefined
      ? openReadModel({
          url: config.readModelUrl,
          timeoutMs: config.readModelTimeoutMs,
          maxConnections: config.readModelMaxConnections,
          database,
          log,
        })
      : { store: adapters.store, background: [] };
  const hub = createWatchHub(config.maxWatchers);
  const metrics = createStockQueryMetrics(adapters.metrics, () => hub.size);
  const nearCache = createNearCache(readModel.store, {
    maxEntries: config.nearCacheMaxEntries,
    maxAgeMs: config.nearCacheMaxAgeMs,
    onNewer: hub.publish,
    onRead: metrics.nearCacheRead,
  });
  const subjects = [stockChangedSubject];
  const project = createProjector(readModel.store, metrics, () => clock.now());
  const background: Background[] = [
    ...readModel.background,
    createConsumer(
      eventBus,
      { durable: config.projectorDurable, subjects, batchSize: config.projectorBatchSize },
      createProjectionHandler(project),
    ),
    createConsumer(eventBus, { durable: "stock-query-near-cache", subjects, ephemeral: true }, createNearCacheHandler(nearCache.put)),
  ];
  return { routes: createRoutes({ reader: nearCache, hub, watchRefreshMs: config.watchRefreshMs }), background };
}
