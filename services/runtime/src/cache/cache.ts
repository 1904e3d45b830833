/** The cache port. Adapters: `createRedisCache` and `createMemoryCache` (bounded, in process). */
export interface Cache {
  get(key: string): Promise<Uint8Array | undefined>;
  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /** `ttlMs` is required: everything that is cached ends. */
  set(key: string, value: Uint8Array, ttlMs: number): Promise<void>;
  /** Stores only where the key is absent; answers whether it did. */
  setIfAbsent(key: string, value: Uint8Array, ttlMs: number): Promise<boolean>;
  delete(keys: readonly string[]): Promise<void>;
  /** Adds `by` to a counter that expires `ttlMs` after its first increment; answers the new value. */
  increment(key: string, by: number, ttlMs: number): Promise<number>;
  ping(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}
