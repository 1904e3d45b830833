import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRedis } from "../../../../infra/servers/redis.ts";
import { describeWithRedis, silentLog } from "../testing/index.ts";
import { describeCachePort } from "./cache-port.ts";
import { createRedisCache } from "./redis-cache.ts";

describeWithRedis("cache (Redis)", (url) => {
  describeCachePort("Redis", async () => createRedisCache({ url, prefix: `${randomUUID()}:`, log: silentLog }));
});

describe("cache (Redis) - faults", () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    if ("stop" in server) {
      await server.stop();
    }
  });

  it("rejects soon while Redis is gone, and works again when it is back", async ({ skip }) => {
    if ("skipped" in server) {
      return skip(server.skipped);
    }
    const cache = createRedisCache({ url: server.url, commandTimeoutMs: 300, log: silentLog });
    await cache.set("key", Uint8Array.of(1), 60_000);
    await server.kill();
    const begun = performance.now();
    await expect(cache.get("key")).rejects.toThrow(Error);
    await expect(cache.ping(200)).rejects.toThrow(Error);
    expect(performance.now() - begun).toBeLessThan(1_500);
    await server.restart();
    await expect.poll(() => cache.set("key", Uint8Array.of(2), 60_000).then(() => true, () => false), { timeout: 10_000 }).toBe(true);
    expect(await cache.get("key")).toEqual(Uint8Array.of(2));
    await cache.close();
  });
});
