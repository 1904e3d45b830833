import { expect, it } from "vitest";
import { describeCachePort } from "./cache-port.ts";
import { createMemoryCache } from "./memory-cache.ts";

describeCachePort("memory", async () => createMemoryCache());

it("cache (memory) - stays within its entries and its bytes, dropping the least recently used", async () => {
  const few = createMemoryCache({ maxEntries: 2 });
  const small = createMemoryCache({ maxBytes: 1_000 });
  for (const key of ["a", "b", "c"]) {
    await few.set(key, new Uint8Array(1), 60_000);
    await small.set(key, new Uint8Array(400), 60_000);
  }
  const present = async (cache: typeof few): Promise<boolean[]> => (await cache.getMany(["a", "b", "c"])).map((value) => value !== undefined);
  expect(await present(few)).toEqual([false, true, true]);
  expect(await present(small)).toEqual([false, true, true]);
});
