import { array, assert, bigInt, constantFrom, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { keyText, newestPerKey, type StockState } from "./stock-state.ts";

const state = (vendorItemId: string, version: bigint): StockState => ({
  vendorItemId,
  fulfillmentCenterId: "fc-1",
  onHand: version * 10n,
  reserved: 0n,
  version,
  changeTime: new Date(Number(version)),
});

describe("stock state - newest per key", () => {
  it("keeps the highest version of each key, whatever the order", () => {
    const states = array(record({ item: constantFrom("a", "b", "c"), version: bigInt({ min: 1n, max: 50n }) }));
    assert(
      property(states, (list) => {
        const newest = newestPerKey(list.map(({ item, version }) => state(item, version)));
        const items = [...new Set(list.map(({ item }) => item))];
        expect(newest.map(({ vendorItemId }) => vendorItemId).toSorted()).toEqual(items.toSorted());
        for (const { vendorItemId, version } of newest) {
          const versions = list.filter(({ item }) => item === vendorItemId).map((entry) => entry.version);
          expect(versions.every((other) => other <= version)).toBe(true);
        }
      }),
    );
  });

  it("tells keys apart whose parts meet at another place", () => {
    expect(keyText({ vendorItemId: "a.b", fulfillmentCenterId: "c" })).not.toBe(keyText({ vendorItemId: "a", fulfillmentCenterId: "b.c" }));
  });
});
