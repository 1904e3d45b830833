import { migrate } from "@flashdeal/runtime/database";
import { describeWithPostgres, describeWithRedis } from "@flashdeal/runtime/testing";
import { Redis } from "ioredis";
import { stockQueryMigrations } from "./open-read-model.ts";
import { createRedisStockStore } from "./redis-stock-store.ts";
import { createSqlStockStore } from "./sql-stock-store.ts";
import { testStockStore } from "../testing/stock-store-port.ts";

describeWithPostgres("with a Postgres", (postgres) => {
  testStockStore("Postgres", async () => {
    const database = postgres.open();
    await migrate(database, stockQueryMigrations);
    return { store: createSqlStockStore(database), close: () => database.close() };
  });
});

describeWithRedis("with a Redis", (url) => {
  testStockStore("Redis", async () => {
    // A database of its own: `clear` scans all of it.
    const redis = new Redis(url, { db: 9, enableAutoPipelining: true });
    return { store: createRedisStockStore(redis), close: async () => redis.disconnect() };
  });
});
