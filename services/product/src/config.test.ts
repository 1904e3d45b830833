import { describe, expect, it } from "vitest";
import { loadProductConfig } from "./config.ts";

const servers = (count: number) => Array.from({ length: count }, (_, index) => `redis://127.0.0.1:${6_379 + index}`).join(",");

describe("product settings - reservation strategy", () => {
  it("is group commit, unless another one is named", () => {
    expect(loadProductConfig({}).reservationStrategy).toBe("group-commit");
    expect(loadProductConfig({ PRODUCT_RESERVATION_STRATEGY: "row-lock" }).reservationStrategy).toBe("row-lock");
  });

  it("an unknown one is refused with the list of those that there are", () => {
    expect(() => loadProductConfig({ PRODUCT_RESERVATION_STRATEGY: "hope" })).toThrow(/PRODUCT_RESERVATION_STRATEGY.*group-commit.*row-lock.*conditional-update.*redis-lock.*redis-lua.*redlock/s);
  });

  it.each([
    ["redis-lock", 0],
    ["redis-lock", 2],
    ["redis-lua", 0],
    ["redlock", 2],
    ["redlock", 6],
  ])("%s with %i Redis servers is refused", (strategy, count) => {
    const env = { PRODUCT_RESERVATION_STRATEGY: strategy, PRODUCT_STRATEGY_REDIS_URLS: servers(count) };
    expect(() => loadProductConfig(env)).toThrow(/PRODUCT_STRATEGY_REDIS_URLS/);
  });

  it.each([
    ["redis-lock", 1],
    ["redis-lua", 1],
    ["redlock", 3],
    ["redlock", 5],
  ])("%s with %i Redis servers is taken", (strategy, count) => {
    const env = { PRODUCT_RESERVATION_STRATEGY: strategy, PRODUCT_STRATEGY_REDIS_URLS: servers(count) };
    expect(loadProductConfig(env).strategyRedisUrls).toHaveLength(count);
  });

  it.each(["http://127.0.0.1", "redis://127.0.0.1,redis://127.0.0.1", "redis://a,,redis://b"])("servers named as %s are refused", (urls) => {
    expect(() => loadProductConfig({ PRODUCT_STRATEGY_REDIS_URLS: urls })).toThrow(/PRODUCT_STRATEGY_REDIS_URLS: must/);
  });
});
