import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Cache } from "./cache.ts";

/** What every adapter of the cache does. `open` gives an empty cache. */
export function describeCachePort(name: string, open: () => Promise<Cache>): void {
  describe(`cache (${name})`, () => {
    let cache: Cache;
    beforeAll(async () => {
      cache = await open();
    });
    afterAll(() => cache.close());

    it("gives back the very bytes, and undefined for what is absent", async () => {
      const value = Uint8Array.of(0, 255, 10, 13, 128);
      await cache.set("bytes", value, 60_000);
      expect(await cache.get("bytes")).toEqual(value);
      expect(await cache.get("absent")).toBeUndefined();
      await cache.set("bytes", Uint8Array.of(), 60_000);
      expect(await cache.get("bytes")).toEqual(Uint8Array.of());
    });

    it("keeps its own copy", async () => {
      const value = bytes("before");
      await cache.set("copy", value, 60_000);
      value.fill(0);
      expect(await cache.get("copy")).toEqual(bytes("before"));
    });

    it("reads many in order", async () => {
      await cache.set("many-1", bytes("1"), 60_000);
      await cache.set("many-3", bytes("3"), 60_000);
      expect(await cache.getMany(["many-3", "many-2", "many-1"])).toEqual([bytes("3"), undefined, bytes("1")]);
      expect(await cache.getMany([])).toEqual([]);
    });

    it("ends what it keeps", async () => {
      await cache.set("short", bytes("x"), 50);
      expect(await cache.get("short")).toEqual(bytes("x"));
      await sleep(120);
      expect(await cache.get("short")).toBeUndefined();
      expect(await cache.getMany(["short"])).toEqual([undefined]);
    });

    it("stores if absent, for one of many", async () => {
      const outcomes = await Promise.all(Array.from({ length: 10 }, (_, index) => cache.setIfAbsent("once", bytes(String(index)), 60_000)));
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await cache.get("once")).toEqual(bytes(String(outcomes.indexOf(true))));
      await cache.setIfAbsent("again", bytes("1"), 50);
      await sleep(120);
      expect(await cache.setIfAbsent("again", bytes("2"), 60_000)).toBe(true);
    });

    it("deletes", async () => {
      await cache.set("gone-1", bytes("1"), 60_000);
      await cache.set("gone-2", bytes("2"), 60_000);
      await cache.delete(["gone-1", "gone-2", "never"]);
      await cache.delete([]);
      expect(await cache.getMany(["gone-1", "gone-2"])).toEqual([undefined, undefined]);
    });

    it("counts exactly under concurrency, and the count ends after its first increment's time", async () => {
      await Promise.all(Array.from({ length: 50 }, () => cache.increment("count", 2, 60_000)));
      expect(await cache.increment("count", -1, 60_000)).toBe(99);
      expect(await cache.increment("brief", 5, 150)).toBe(5);
      await sleep(80);
      expect(await cache.increment("brief", 1, 60_000)).toBe(6);
      await sleep(140);
      expect(await cache.increment("brief", 1, 60_000)).toBe(1);
    });

    it("answers a ping", async () => {
      await expect(cache.ping(1_000)).resolves.toBeUndefined();
    });
  });
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
