import { ConfigError, duration, integer, loadConfig, oneOf, urls, type Config } from "@flashdeal/runtime/config";
import { serviceSettings } from "@flashdeal/runtime/lifecycle";

/** The ways to take holds. */
export const strategyNames = ["group-commit", "row-lock", "conditional-update", "redis-lock", "redis-lua", "redlock"] as const;

/** The settings of the product service itself; those of every process (listeners, database, bus) are the runtime's. */
export const productSettings = {
  /** How holds are taken. Default: group-commit. */
  reservationStrategy: oneOf("PRODUCT_RESERVATION_STRATEGY", strategyNames, { default: "group-commit" }),
  /** The Redis of redis-lock and redis-lua, or the three to five of redlock, which must know nothing of each other. Default: none. */
  strategyRedisUrls: urls("PRODUCT_STRATEGY_REDIS_URLS", { protocols: ["redis", "rediss"], max: 5, secret: true, default: [] }),
  /** Longest wait for one answer of them. Default: 500 ms. */
  strategyRedisTimeoutMs: duration("PRODUCT_STRATEGY_REDIS_TIMEOUT", { default: 500, minMs: 10, maxMs: 10_000 }),
  /** How long a lock in Redis lasts that its holder does not extend. Default: 10 s. */
  lockTtlMs: duration("PRODUCT_LOCK_TTL", { default: 10_000, minMs: 100, maxMs: 600_000 }),
  /** Longest wait for the locks of one call that other processes hold. Default: 3 s. */
  lockTimeoutMs: duration("PRODUCT_LOCK_TIMEOUT", { default: 3_000, minMs: 10, maxMs: 60_000 }),
  /** Most holds, or resolutions, of one transaction. Default: 1,000. */
  batchMaxSize: integer("PRODUCT_BATCH_MAX_SIZE", { default: 1_000, min: 1, max: 10_000 }),
  /** Most of them that wait; a call that has no room is refused at once. At least 1,000, which is what one call may bring. Default: 20,000. */
  batchMaxQueued: integer("PRODUCT_BATCH_MAX_QUEUED", { default: 20_000, min: 1_000, max: 1_000_000 }),
  /** Transactions of holds that run at once. Default: 2. */
  batchMaxInFlight: integer("PRODUCT_BATCH_MAX_IN_FLIGHT", { default: 2, min: 1, max: 100 }),
  /** Pause between two sweeps over holds that are past their time. Default: 5 s. */
  sweepIntervalMs: duration("PRODUCT_SWEEP_INTERVAL", { default: 5_000, minMs: 10 }),
  /** How long past its time a hold is before it is looked into. Default: 30 s. */
  sweepGraceMs: duration("PRODUCT_SWEEP_GRACE", { default: 30_000 }),
  /** Holds asked about in one call to the order service, 1 to 1,000. Default: 500. */
  sweepBatchSize: integer("PRODUCT_SWEEP_BATCH_SIZE", { default: 500, min: 1, max: 1_000 }),
  /** Longest wait for the order service's answer. Default: 5 s. */
  orderTimeoutMs: duration("PRODUCT_ORDER_TIMEOUT", { default: 5_000, minMs: 1 }),
  /** Pause between two clean-ups of kept answers and handled events. Default: 1 min. */
  cleanupIntervalMs: duration("PRODUCT_CLEANUP_INTERVAL", { default: 60_000, minMs: 10 }),
  /** Rows deleted at once by a clean-up. Default: 1,000. */
  cleanupBatchSize: integer("PRODUCT_CLEANUP_BATCH_SIZE", { default: 1_000, min: 1, max: 100_000 }),
  /** How long a handled event is remembered. Default: 14 days. */
  inboxRetentionMs: duration("PRODUCT_INBOX_RETENTION", { default: 14 * 86_400_000, minMs: 60_000 }),
};

/** What the product service goes by. */
export type ProductConfig = Config<typeof productSettings>;

/** Reads the settings. Throws a ConfigError that lists every problem. */
export function loadProductConfig(env: NodeJS.ProcessEnv = process.env): ProductConfig {
  return checked(loadConfig(productSettings, env));
}

/** The settings of a process that is the product service and nothing else. */
export function loadProductServiceConfig(env: NodeJS.ProcessEnv = process.env) {
  return checked(loadConfig({ ...serviceSettings({ grpcPort: 50_062, httpPort: 9_062 }), ...productSettings }, env));
}

/** How many Redis servers a strategy needs; others need none. */
const redisServers: Readonly<Partial<Record<ProductConfig["reservationStrategy"], readonly [least: number, most: number, text: string]>>> = {
  "redis-lock": [1, 1, "one Redis"],
  "redis-lua": [1, 1, "one Redis"],
  redlock: [3, 5, "three to five Redis servers that know nothing of each other"],
};

function checked<Checked extends ProductConfig>(config: Checked): Checked {
  const needed = redisServers[config.reservationStrategy];
  const count = config.strategyRedisUrls.length;
  if (needed !== undefined && (count < needed[0] || count > needed[1])) {
    throw new ConfigError([`PRODUCT_STRATEGY_REDIS_URLS: ${config.reservationStrategy} needs ${needed[2]}; ${count} are named. Example: PRODUCT_STRATEGY_REDIS_URLS=redis://127.0.0.1:6379`]);
  }
  return config;
}
