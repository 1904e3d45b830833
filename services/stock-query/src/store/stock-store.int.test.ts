import { randomUUID } from "node:crypto";
import { createPgDatabase, migrate } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { Redis } from "ioredis";
import { describe } from "vitest";
import { stockQueryMigrations } from "./open-read-model.ts";
import { createRedisStockStore } from "./redis-stock-store.ts";
import { createSqlStockStore } from "./sql-stock-store.ts";
import { testStockStore } from "./stock-store-port.ts";

const log = createLogger({ name: "test", level: "silent" });
const postgresUrl = process.env["TEST_POSTGRES_URL"] ?? "";
const redisUrl = process.env["TEST_REDIS_URL"] ?? "";

describe.skipIf(postgresUrl === "")("with TEST_POSTGRES_URL", () => {
  testStockStore("Postgres", async () => {
    const server = createPgDatabase({ url: postgresUrl, log, maxConnections: 1 });
    const name = `stock_test_${randomUUID().replaceAll("-", "")}`;
    await server.script(`CREATE DATABASE ${name}`);
    const database = createPgDatabase({ url: Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href, log });
    await migrate(database, stockQueryMigrations);
    return {
      store: createSqlStockStore(database),
      async close() {
        await database.close();
        await server.script(`DROP DATABASE ${name} WITH (FORCE)`);
        await server.close();
      },
    };
  });
});

describe.skipIf(redisUrl === "")("with TEST_REDIS_URL", () => {
  testStockStore("Redis", async () => {
    // A database of its own: `clear` scans all of it.
    const redis = new Redis(redisUrl, { db: 9, enableAutoPipelining: true });
    return { store: createRedisStockStore(redis), close: async () => redis.disconnect() };
  });
});
