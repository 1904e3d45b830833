import { describe, expect, it, vi } from "vitest";
import { StoreUnavailableError } from "../domain/ports.ts";
import type { StockState } from "../domain/stock-state.ts";
import { createMemoryStockStore } from "./memory-stock-store.ts";
import { createNearCache, type NearCacheOptions } from "./near-cache.ts";

const key = { vendorItemId: "item", fulfillmentCenterId: "fc-1" };
const state = (version: bigint, vendorItemId = "item"): StockState => ({
  ...key,
  vendorItemId,
  onHand: 10n,
  reserved: version,
  version,
  changeTime: new Date(0),
});

function setup(options: Partial<NearCacheOptions> = {}) {
  const store = createMemoryStockStore();
  const outcomes: string[] = [];
  const newer: bigint[] = [];
  const reads = vi.spyOn(store, "get");
  const batches = vi.spyOn(store, "getMany");
  const cache = createNearCache(store, {
    maxEntries: 100,
    maxAgeMs: 60_000,
    onNewer: (states) => newer.push(...states.map(({ version }) => version)),
    onRead: (outcome) => outcomes.push(outcome),
    ...options,
  });
  return { store, cache, outcomes, newer, reads, batches };
}

describe("near cache - freshness", () => {
  it("answers an announced state without asking the store", async () => {
    const { cache, reads, outcomes } = setup();
    cache.put([state(4n)]);
    expect((await cache.get(key))?.version).toBe(4n);
    expect(reads).not.toHaveBeenCalled();
    expect(outcomes).toEqual(["hit"]);
  });

  it("drops what is older than what it knows, and tells of what is newer once", async () => {
    const { cache, newer } = setup();
    cache.put([state(4n)]);
    cache.put([state(3n), state(4n), state(6n), state(5n)]);
    expect((await cache.get(key))?.version).toBe(6n);
    expect(newer).toEqual([4n, 6n]);
  });

  it("a state announced while the store is read wins over the older answer", async () => {
    const { cache, store } = setup();
    await store.apply([state(1n)]);
    const reading = cache.get(key);
    cache.put([state(2n)]);
    expect((await reading)?.version).toBe(2n);
    expect((await cache.get(key))?.version).toBe(2n);
  });

  it("heals a lost message after its age", async () => {
    const { cache, store, newer } = setup({ maxAgeMs: 20 });
    await store.apply([state(1n)]);
    expect((await cache.get(key))?.version).toBe(1n);
    await store.apply([state(2n)]);
    expect((await cache.get(key))?.version).toBe(1n);
    await vi.waitFor(async () => expect((await cache.get(key))?.version).toBe(2n), { timeout: 5_000 });
    expect(newer).toEqual([1n, 2n]);
  });

  it("an unknown key is remembered as unknown, until it is announced", async () => {
    const { cache, reads } = setup();
    expect(await cache.get(key)).toBeUndefined();
    expect(await cache.get(key)).toBeUndefined();
    expect(reads).toHaveBeenCalledTimes(1);
    cache.put([state(1n)]);
    expect((await cache.get(key))?.version).toBe(1n);
  });
});

describe("near cache - load on the store", () => {
  it("readers of one key share one read, and keys of one turn one batch", async () => {
    const { cache, store, reads, batches } = setup();
    await store.apply([state(1n), state(1n, "other")]);
    const other = { ...key, vendorItemId: "other" };
    const answers = await Promise.all([cache.get(key), cache.get(key), cache.getMany([key, other, { ...key, vendorItemId: "none" }])]);
    expect(reads).not.toHaveBeenCalled();
    expect(batches).toHaveBeenCalledTimes(1);
    expect(answers[2].map((found) => found?.vendorItemId)).toEqual(["item", "other", undefined]);
  });

  it("keeps no more than its bound", async () => {
    const { cache, reads } = setup({ maxEntries: 2 });
    cache.put([state(1n, "a"), state(1n, "b"), state(1n, "c")]);
    await cache.get({ ...key, vendorItemId: "a" });
    expect(reads).toHaveBeenCalledTimes(1);
  });

  it("answers what it knew last while the store is away, and fails where it knew nothing", async () => {
    const { cache, reads, outcomes } = setup({ maxAgeMs: 0 });
    cache.put([state(7n)]);
    reads.mockRejectedValue(new StoreUnavailableError("away"));
    expect((await cache.get(key))?.version).toBe(7n);
    expect(outcomes).toEqual(["stale"]);
    await expect(cache.get({ ...key, vendorItemId: "unknown" })).rejects.toThrow(StoreUnavailableError);
  });
});
