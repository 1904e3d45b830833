import { duration, integer, loadConfig, optional, text, url, type Config } from "@flashdeal/runtime/config";
import { serviceSettings, type ServiceConfig } from "@flashdeal/runtime/lifecycle";

/** The settings of stock-query's own work. */
export const stockQueryShape = {
  /** Where the read model is: Redis, or a Postgres of its own. Unset: the service's database. */
  readModelUrl: optional(url("READ_MODEL_URL", { protocols: ["redis", "rediss", "postgres", "postgresql"], secret: true })),
  /** Longest wait for an answer of the read model in Redis. */
  readModelTimeoutMs: duration("READ_MODEL_TIMEOUT", { default: 1_000, minMs: 1, maxMs: 60_000 }),
  /** Most connections to a read model in Postgres. */
  readModelMaxConnections: integer("READ_MODEL_MAX_CONNECTIONS", { default: 10, min: 1, max: 1_000 }),
  /** Durable name of the projection; processes of every language that share it share the work. A new name reads the stream from its beginning. */
  projectorDurable: text("PROJECTOR_DURABLE", { default: "stock-query-projector" }),
  /** Most events written at once. */
  projectorBatchSize: integer("PROJECTOR_BATCH_SIZE", { default: 256, min: 1, max: 10_000 }),
  /** Most keys kept in this process. */
  nearCacheMaxEntries: integer("NEAR_CACHE_MAX_ENTRIES", { default: 100_000, min: 1, max: 10_000_000 }),
  /** After this long without news a key is read from the read model again. 0: nothing is kept. */
  nearCacheMaxAgeMs: duration("NEAR_CACHE_MAX_AGE", { default: 1_000, maxMs: 3_600_000 }),
  /** Most watches open in this process; further ones are refused. */
  maxWatchers: integer("WATCH_MAX_WATCHERS", { default: 10_000, min: 1, max: 1_000_000 }),
  /** Longest time that a watched key is not read again, in case a message was lost. */
  watchRefreshMs: duration("WATCH_REFRESH_INTERVAL", { default: 5_000, minMs: 10, maxMs: 3_600_000 }),
};

/** What `composeStockQuery` needs to know. */
export type StockQueryConfig = Config<typeof stockQueryShape>;

/** Reads the settings of stock-query; throws one ConfigError that lists everything that is wrong. */
export function loadStockQueryConfig(env: NodeJS.ProcessEnv = process.env): StockQueryConfig {
  return loadConfig(stockQueryShape, env);
}

/**
 * Reads the settings of stock-query as a process of its own, those of every service included. With a read model elsewhere it needs no
 * database: DATABASE_URL is not asked for, and not used where it is set.
 */
export function loadStockQueryServiceConfig(env: NodeJS.ProcessEnv = process.env): StockQueryConfig & ServiceConfig {
  const { databaseUrl, ...others } = serviceSettings({ grpcPort: 50_064, httpPort: 9_064 });
  if (!env["READ_MODEL_URL"] && !env["READ_MODEL_URL_FILE"]) return loadConfig({ databaseUrl, ...others, ...stockQueryShape }, env);
  return { ...loadConfig({ ...others, ...stockQueryShape }, env), databaseUrl: undefined };
}
