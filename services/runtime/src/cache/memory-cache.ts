import { LRUCache } from "lru-cache";
import type { Cache } from "./cache.ts";

export interface MemoryCacheOptions {
  /** Most bytes of keys and values; the least recently used go first. Default: 64 MiB. */
  readonly maxBytes?: number;
  /** Most entries. Default: 100,000. */
  readonly maxEntries?: number;
}

/** What an entry costs beside its key and value. */
const ENTRY_OVERHEAD_BYTES = 64;

/** A cache in this process, bounded in bytes and entries. Values are copied in, so that callers may reuse their buffers. */
export function createMemoryCache(options: MemoryCacheOptions = {}): Cache {
  const entries = new LRUCache<string, Uint8Array>({
    max: options.maxEntries ?? 100_000,
    maxSize: options.maxBytes ?? 64 * 1024 * 1024,
    sizeCalculation: (value, key) => value.byteLength + key.length + ENTRY_OVERHEAD_BYTES,
    // Exact ends: the default looks at the clock at most once per millisecond, which is what tests with short ends meet.
    ttlResolution: 0,
  });
  return {
    async get(key) {
      return entries.get(key);
    },
    async getMany(keys) {
      return keys.map((key) => entries.get(key));
    },
    async set(key, value, ttlMs) {
      entries.set(key, value.slice(), { ttl: wholeMs(ttlMs) });
    },
    async setIfAbsent(key, value, ttlMs) {
      if (entries.has(key)) {
        return false;
      }
      entries.set(key, value.slice(), { ttl: wholeMs(ttlMs) });
      return true;
    },
    async delete(keys) {
      keys.forEach((key) => entries.delete(key));
    },
    async increment(key, by, ttlMs) {
      const before = entries.get(key);
      const value = (before === undefined ? 0 : Number(Buffer.from(before).toString())) + by;
      const remainingMs = before === undefined ? ttlMs : entries.getRemainingTTL(key);
      entries.set(key, new Uint8Array(Buffer.from(String(value))), { ttl: wholeMs(remainingMs) });
      return value;
    },
    async ping() {},
    async close() {
      entries.clear();
    },
  };
}

function wholeMs(ttlMs: number): number {
  return Math.max(1, Math.ceil(ttlMs));
}
