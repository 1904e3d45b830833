import { Redis } from "ioredis";
import type { Logger } from "@flashdeal/runtime/telemetry";

/**
 * A connection that is made when it is first used. Commands of one tick leave together. Where the server is away, commands fail at
 * once or after `timeoutMs`, and the connection is restored in the background.
 */
export function connectRedis(url: string, timeoutMs: number, log: Pick<Logger, "warn">): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableAutoPipelining: true,
    maxRetriesPerRequest: 0,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    connectionName: "product",
    retryStrategy: (attempt) => Math.min(attempt * 50, 1_000),
  });
  redis.on("error", (error) => log.warn({ err: error }, "a Redis of the reservation strategy reports an error"));
  return redis;
}
