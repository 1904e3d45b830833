import type { Logger } from "pino";
import type { Cache } from "../cache/cache.ts";
import { createAbsentDatabase, migrate, openDatabase, type Database } from "../database/index.ts";
import type { EventBus } from "../events/event-bus.ts";
import type { ReadinessCheck } from "../rpc/index.ts";
import type { ReleaseStack } from "./release-stack.ts";
import { StartError } from "./run-process.ts";
import type { PlatformConfig } from "./service-config.ts";

/** What a service's tables are made from. */
export interface Migrations {
  /** The schema that the service owns. */
  readonly schema: string;
  /** Absolute path of its `sql/<service>/migrations`. */
  readonly folder: string;
}

/** What the services of one process share. */
export interface Platform {
  readonly database: Database;
  readonly eventBus: EventBus;
  readonly cache: Cache;
  readonly readiness: readonly ReadinessCheck[];
}

/** How the platform of a process is opened. */
export interface OpenPlatformOptions {
  readonly config: PlatformConfig;
  /** Names this process to the database and the bus. */
  readonly name: string;
  readonly log: Logger;
  /** Run in this order before anything else uses the database. Default: none. */
  readonly migrations?: readonly Migrations[];
}

/**
 * Opens the database, brings the schemas up to date, and connects the event bus and the cache. `stack` closes them in reverse
 * order. Throws a `StartError` that names the setting where one of them cannot be reached.
 */
export async function openPlatform(options: OpenPlatformOptions, stack: ReleaseStack): Promise<Platform> {
  const { config } = options;
  const database = config.databaseUrl === undefined ? createAbsentDatabase() : await openMigrated(config.databaseUrl, options, stack);
  const eventBus = await reach("the event bus", "NATS_URL", () => openEventBus(options));
  stack.push("event bus", () => eventBus.close());
  const cache = await reach("the cache", "REDIS_URL", () => openCache(options));
  stack.push("cache", () => cache.close());
  const readiness: readonly ReadinessCheck[] = [
    ...(config.databaseUrl === undefined ? [] : [{ name: "database", check: (timeoutMs: number) => database.ping(timeoutMs) }]),
    { name: "event bus", check: (timeoutMs) => eventBus.ping(timeoutMs) },
    { name: "cache", check: (timeoutMs) => cache.ping(timeoutMs) },
  ];
  return { database, eventBus, cache, readiness };
}

async function openMigrated(url: string, options: OpenPlatformOptions, stack: ReleaseStack): Promise<Database> {
  const { config, name: applicationName, log } = options;
  const database = await reach("the database", "DATABASE_URL", () => openDatabase(url, { log, applicationName, maxConnections: config.databasePoolSize }));
  stack.push("database", () => database.close());
  for (const migrations of options.migrations ?? []) {
    const { applied } = await migrate(database, migrations);
    if (applied.length > 0) log.info({ schema: migrations.schema, applied }, "migrated");
  }
  return database;
}

// A process loads the one adapter that it uses: the clients of NATS and Redis are a good part of the start's time.

async function openEventBus({ config, name, log }: OpenPlatformOptions): Promise<EventBus> {
  if (config.natsUrl === undefined) {
    const { createLocalBus } = await import("../events/local-bus.ts");
    return createLocalBus({ log });
  }
  const { createJetStreamBus } = await import("../events/jetstream-bus.ts");
  return createJetStreamBus({ url: config.natsUrl, name, log });
}

async function openCache({ config, log }: OpenPlatformOptions): Promise<Cache> {
  if (config.redisUrl === undefined) {
    const { createMemoryCache } = await import("../cache/memory-cache.ts");
    return createMemoryCache();
  }
  const { createRedisCache } = await import("../cache/redis-cache.ts");
  return createRedisCache({ url: config.redisUrl, log });
}

async function reach<T>(what: string, setting: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new StartError(`Cannot reach ${what}: ${cause}. ${setting} says where it is.`, { cause: error });
  }
}
