import { Redis } from "ioredis";
import type { Logger } from "pino";
import { withTimeout } from "../database/transaction-guard.ts";
import type { Cache } from "./cache.ts";

export interface RedisCacheOptions {
  /** `redis://user:password@host:port/database`, or rediss:// for TLS. */
  readonly url: string;
  /** Put before every key, so that uses share one Redis. Default: "flashdeal:". */
  readonly prefix?: string;
  /** Longest wait for the answer to one command. Default: 1 s. */
  readonly commandTimeoutMs?: number;
  /** Longest wait for a connection. Default: 2 s. */
  readonly connectTimeoutMs?: number;
  readonly log: Logger;
}

const MAX_RECONNECT_PAUSE_MS = 2_000;

/** The counter gets its end with its first increment, in one step, so that none can stay for ever. */
const INCREMENT = `
local value = redis.call("INCRBY", KEYS[1], ARGV[1])
if redis.call("PTTL", KEYS[1]) < 0 then
  redis.call("PEXPIRE", KEYS[1], ARGV[2])
end
return value`;

/**
 * A cache in Redis. Commands of one tick leave as one pipeline. Where Redis is away, commands reject at once or after
 * `commandTimeoutMs` instead of queueing, and the connection is restored in the background: callers decide what a cache
 * that is away means to them.
 */
export function createRedisCache(options: RedisCacheOptions): Cache {
  const { prefix = "flashdeal:", log } = options;
  const redis = new Redis(options.url, {
    keyPrefix: prefix,
    enableAutoPipelining: true,
    commandTimeout: options.commandTimeoutMs ?? 1_000,
    connectTimeout: options.connectTimeoutMs ?? 2_000,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 50, MAX_RECONNECT_PAUSE_MS),
  });
  redis.on("error", (error) => log.warn({ err: error }, "cache: the connection to Redis failed"));
  let closing: Promise<void> | undefined;
  return {
    async get(key) {
      return fromRedis(await redis.getBuffer(key));
    },
    async getMany(keys) {
      return keys.length === 0 ? [] : (await redis.mgetBuffer(...keys)).map(fromRedis);
    },
    async set(key, value, ttlMs) {
      await redis.set(key, toRedis(value), "PX", wholeMs(ttlMs));
    },
    async setIfAbsent(key, value, ttlMs) {
      return (await redis.set(key, toRedis(value), "PX", wholeMs(ttlMs), "NX")) === "OK";
    },
    async delete(keys) {
      if (keys.length > 0) {
        await redis.del(...keys);
      }
    },
    async increment(key, by, ttlMs) {
      return Number(await redis.eval(INCREMENT, 1, key, by, wholeMs(ttlMs)));
    },
    async ping(timeoutMs) {
      await withTimeout(redis.ping(), timeoutMs, "the cache");
    },
    close() {
      closing ??= redis.quit().then(
        () => undefined,
        () => redis.disconnect(),
      );
      return closing;
    },
  };
}

function fromRedis(value: Buffer | null): Uint8Array | undefined {
  return value === null ? undefined : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function toRedis(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Redis refuses fractions and zero. */
function wholeMs(ttlMs: number): number {
  return Math.max(1, Math.ceil(ttlMs));
}
