import { describe, expect, it } from "vitest";
import type { StockState } from "./stock-state.ts";
import { createWatchHub } from "./watch-hub.ts";

const key = { vendorItemId: "item", fulfillmentCenterId: "fc-1" };
const state = (version: bigint, vendorItemId = "item"): StockState => ({
  ...key,
  vendorItemId,
  onHand: 10n,
  reserved: version,
  version,
  changeTime: new Date(0),
});
const never = new AbortController().signal;

describe("watch hub - coalescing", () => {
  it("a slow reader gets the newest state only", async () => {
    const hub = createWatchHub(10);
    const watcher = hub.open(key);
    hub.publish([state(1n), state(2n)]);
    hub.publish([state(3n)]);
    expect((await watcher?.next(1_000, never))?.version).toBe(3n);
    expect(await watcher?.next(1, never)).toBeUndefined();
  });

  it("a state that is not newer is not sent again", async () => {
    const hub = createWatchHub(10);
    const watcher = hub.open(key);
    hub.publish([state(3n)]);
    expect((await watcher?.next(1_000, never))?.version).toBe(3n);
    hub.publish([state(2n), state(3n)]);
    expect(await watcher?.next(1, never)).toBeUndefined();
  });

  it("a waiting reader is woken by its own key only", async () => {
    const hub = createWatchHub(10);
    const next = hub.open(key)?.next(5_000, never);
    hub.publish([state(9n, "another")]);
    hub.publish([state(1n)]);
    expect((await next)?.version).toBe(1n);
  });

  it("the signal ends the wait", async () => {
    const hub = createWatchHub(10);
    const leaving = new AbortController();
    const next = hub.open(key)?.next(60_000, leaving.signal);
    leaving.abort();
    expect(await next).toBeUndefined();
  });
});

describe("watch hub - bound", () => {
  it("refuses one watcher too many, and takes one again after a close", () => {
    const hub = createWatchHub(2);
    const first = hub.open(key);
    expect(hub.open(key)).toBeDefined();
    expect(hub.open(key)).toBeUndefined();
    first?.close();
    first?.close();
    expect(hub.size).toBe(1);
    expect(hub.open(key)).toBeDefined();
  });
});
