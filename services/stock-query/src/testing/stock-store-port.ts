import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { StockStore } from "../domain/ports.ts";
import type { StockState } from "../domain/stock-state.ts";

/** A store to test, and what ends it. */
export interface StoreUnderTest {
  readonly store: StockStore;
  close(): Promise<void>;
}

const key = (vendorItemId: string, fulfillmentCenterId = "fc-1") => ({ vendorItemId, fulfillmentCenterId });
const state = (version: bigint, item = "item", centre = "fc-1"): StockState => ({
  ...key(item, centre),
  onHand: 1_000n + version,
  reserved: version,
  version,
  changeTime: new Date(1_700_000_000_000 + Number(version % 1_000_000n)),
});

/** What every store of the read model must hold. */
export function testStockStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`stock store on ${name}`, () => {
    let opened: StoreUnderTest;
    let store: StockStore;
    beforeAll(async () => {
      opened = await open();
      ({ store } = opened);
    });
    beforeEach(() => store.clear());
    afterAll(() => opened?.close());

    it("apply - what is written is read back, to the millisecond and in whole numbers", async () => {
      const huge = { ...state(2n ** 53n), onHand: 2n ** 62n };
      expect(await store.apply([huge])).toBe(1);
      expect(await store.get(key("item"))).toEqual(huge);
    });

    it("apply - an older and a repeated version change nothing", async () => {
      expect(await store.apply([state(5n)])).toBe(1);
      expect(await store.apply([state(4n)])).toBe(0);
      expect(await store.apply([{ ...state(5n), onHand: 1n }])).toBe(0);
      expect(await store.get(key("item"))).toEqual(state(5n));
    });

    it("apply - counts what it wrote, key by key", async () => {
      await store.apply([state(5n, "a"), state(5n, "b")]);
      expect(await store.apply([state(6n, "a"), state(4n, "b"), state(1n, "c")])).toBe(2);
      expect((await store.getMany([key("a"), key("b"), key("c")])).map((found) => found?.version)).toEqual([6n, 5n, 1n]);
    });

    it("apply - nothing to write is nothing", async () => expect(await store.apply([])).toBe(0));

    it("apply - writers that race leave the newest version of every key", async () => {
      const items = Array.from({ length: 20 }, (_, index) => `item-${index}`);
      const batches = Array.from({ length: 40 }, (_, version) => items.map((item) => state(BigInt(version + 1), item)));
      const shuffled = batches.map((batch, index) => (index % 2 === 0 ? batch : batch.toReversed())).toSorted((a, b) => Number((a[0]?.version ?? 0n) % 7n) - Number((b[0]?.version ?? 0n) % 7n));
      await Promise.all(shuffled.map((batch) => store.apply(batch)));
      expect((await store.getMany(items.map((item) => key(item)))).map((found) => found?.version)).toEqual(items.map(() => 40n));
    });

    it("getMany - answers in the order of the keys, with gaps and repetitions", async () => {
      await store.apply([state(1n, "a"), state(2n, "a", "fc-2"), state(3n, "b.c_d-E")]);
      const found = await store.getMany([key("b.c_d-E"), key("none"), key("a", "fc-2"), key("a"), key("a")]);
      expect(found).toEqual([state(3n, "b.c_d-E"), undefined, state(2n, "a", "fc-2"), state(1n, "a"), state(1n, "a")]);
    });

    it("getMany - takes a thousand keys", async () => {
      const items = Array.from({ length: 1_000 }, (_, index) => `many-${index}`);
      expect(await store.apply(items.map((item, index) => state(BigInt(index + 1), item)))).toBe(1_000);
      expect((await store.getMany(items.map((item) => key(item)))).map((found) => found?.version)).toEqual(items.map((_, index) => BigInt(index + 1)));
    });

    it("clear - forgets everything, and the same versions can be written again", async () => {
      await store.apply([state(3n), state(3n, "other")]);
      await store.clear();
      expect(await store.getMany([key("item"), key("other")])).toEqual([undefined, undefined]);
      expect(await store.apply([state(2n)])).toBe(1);
    });
  });
}
