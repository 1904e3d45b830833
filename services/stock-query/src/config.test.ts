import { ConfigError } from "@flashdeal/runtime/config";
import { describe, expect, it } from "vitest";
import { loadStockQueryConfig, loadStockQueryServiceConfig } from "./config.ts";

describe("stock-query config", () => {
  it("read model - the service's database by default, or a Redis or Postgres by URL", () => {
    expect(loadStockQueryConfig({}).readModelUrl).toBeUndefined();
    for (const url of ["redis://127.0.0.1:6379", "rediss://cache:6380/1", "postgres://u:p@db:5432/stock"]) {
      expect(loadStockQueryConfig({ READ_MODEL_URL: url }).readModelUrl).toBe(url);
    }
  });

  it("database - is asked for only where the read model is in it", () => {
    const needed = { INTERNAL_TOKEN_SECRET: "s".repeat(32) };
    expect(() => loadStockQueryServiceConfig(needed)).toThrow("DATABASE_URL: is not set");
    expect(loadStockQueryServiceConfig({ ...needed, DATABASE_URL: "postgres://db/stock" }).databaseUrl).toBe("postgres://db/stock");
    for (const readModel of ["redis://127.0.0.1:6379", "postgres://db:5432/stock"]) {
      expect(loadStockQueryServiceConfig({ ...needed, READ_MODEL_URL: readModel }).databaseUrl).toBeUndefined();
      expect(loadStockQueryServiceConfig({ ...needed, READ_MODEL_URL: readModel, DATABASE_URL: "postgres://db/stock" }).databaseUrl).toBeUndefined();
    }
  });

  it("read model - another URL is refused, and never shown: it may hold a password", () => {
    expect(() => loadStockQueryConfig({ READ_MODEL_URL: "mysql://root:hunter2@db" })).toThrow(ConfigError);
    expect(() => loadStockQueryConfig({ READ_MODEL_URL: "mysql://root:hunter2@db" })).not.toThrow("hunter2");
  });
});
