/** The cache port and its two adapters. */
export * from "./cache.ts";
export { type MemoryCacheOptions, createMemoryCache } from "./memory-cache.ts";
export { type RedisCacheOptions, createRedisCache } from "./redis-cache.ts";
