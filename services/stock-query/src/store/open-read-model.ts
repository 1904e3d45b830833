import { fileURLToPath } from "node:url";
import { createPgDatabase, migrate, type Database } from "@flashdeal/runtime/database";
import type { Background } from "@flashdeal/runtime/lifecycle";
import type { Logger } from "@flashdeal/runtime/telemetry";
import { Redis } from "ioredis";
import type { StockStore } from "../domain/ports.ts";
import { createRedisStockStore } from "./redis-stock-store.ts";
import { createSqlStockStore } from "./sql-stock-store.ts";

/** Where the read model is, and how it is reached. */
export interface ReadModelOptions {
  /** `redis://…` or `postgres://…`. Undefined: `database`. */
  readonly url: string | undefined;
  readonly timeoutMs: number;
  readonly maxConnections: number;
  /** The service's own database, migrated by its host. */
  readonly database: Database;
  readonly log: Logger;
}

/** The read model, and the life of its connection where it has one of its own. */
export interface ReadModel {
  readonly store: StockStore;
  /** Empty where the read model is in the service's database. */
  readonly background: readonly Background[];
}

/** The schema of the read model in SQL and where its migrations are. */
export const stockQueryMigrations = {
  schema: "stock",
  folder: fileURLToPath(new URL("../../../../sql/stock-query/migrations", import.meta.url)),
} as const;

/** Opens the read model that the URL names. Its connection is made when it is first used, or at `start`. */
export function openReadModel(options: ReadModelOptions): ReadModel {
  const { url, database, log, maxConnections } = options;
  if (url === undefined) return { store: createSqlStockStore(database), background: [] };
  if (/^rediss?:/.test(url)) return openRedis(url, options);
  const own = createPgDatabase({ url, maxConnections, applicationName: "stock-query", log });
  return {
    store: createSqlStockStore(own),
    background: [
      {
        name: "read-model",
        start: async () => void (await migrate(own, stockQueryMigrations)),
        drain: () => own.close(),
      },
    ],
  };
}

function openRedis(url: string, { timeoutMs, log }: ReadModelOptions): ReadModel {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableAutoPipelining: true,
    maxRetriesPerRequest: 1,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    connectionName: "stock-query",
  });
  redis.on("error", (error) => log.warn({ err: error }, "the read model's Redis reports an error"));
  return {
    store: createRedisStockStore(redis),
    background: [{ name: "read-model", start: async () => void (await redis.ping()), drain: async () => redis.disconnect() }],
  };
}
