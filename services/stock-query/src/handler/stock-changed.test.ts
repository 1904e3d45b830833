import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { StockChangedSchema } from "@flashdeal/proto/flashdeal/product/v1/product_events_pb";
import type { ReceivedEvent } from "@flashdeal/runtime/events";
import { describe, expect, it, vi } from "vitest";
import { StoreUnavailableError, type ProjectionMetrics } from "../domain/ports.ts";
import { createProjector } from "../domain/projector.ts";
import type { StockState } from "../domain/stock-state.ts";
import { createMemoryStockStore } from "../store/memory-stock-store.ts";
import { createNearCacheHandler, createProjectionHandler, stockChangedSubject } from "./stock-changed.ts";

const key = { vendorItemId: "item", fulfillmentCenterId: "fc-1" };
const signal = new AbortController().signal;

function event(version: bigint, data?: Uint8Array): ReceivedEvent {
  const changed = create(StockChangedSchema, { ...key, onHand: 100n, reserved: version, version, changeTime: timestampFromDate(new Date(1_000)) });
  return { id: `event-${version}`, subject: stockChangedSubject, data: data ?? toBinary(StockChangedSchema, changed), headers: {}, attempt: 1 };
}

function setup() {
  const store = createMemoryStockStore();
  const metrics = { projected: vi.fn<ProjectionMetrics["projected"]>(), freshness: vi.fn<ProjectionMetrics["freshness"]>() };
  const handle = createProjectionHandler(createProjector(store, metrics, () => new Date(1_250)));
  return { store, metrics, handle };
}

describe("projection - order and duplicates", () => {
  it("several versions of one key in a batch leave the newest", async () => {
    const { store, metrics, handle } = setup();
    await handle([event(2n), event(5n), event(3n)], signal);
    expect(await store.get(key)).toMatchObject({ version: 5n, reserved: 5n, onHand: 100n, changeTime: new Date(1_000) });
    expect(metrics.projected).toHaveBeenCalledWith(3, 1);
    expect(metrics.freshness).toHaveBeenCalledWith(0.25);
  });

  it("late and repeated events change nothing", async () => {
    const { store, metrics, handle } = setup();
    await handle([event(5n)], signal);
    await handle([event(4n)], signal);
    await handle([event(5n)], signal);
    expect((await store.get(key))?.version).toBe(5n);
    expect(metrics.projected.mock.calls).toEqual([[1, 1], [1, 0], [1, 0]]);
  });
});

describe("projection - outage", () => {
  it("while the read model is away the events are not at fault", async () => {
    const { store, handle } = setup();
    vi.spyOn(store, "apply").mockRejectedValue(new StoreUnavailableError("away"));
    await expect(handle([event(1n)], signal)).rejects.toMatchObject({ code: Code.Unavailable });
  });
});

describe("projection - poison", () => {
  it("an unreadable event fails the projection, so that the bus sets it aside", async () => {
    const { handle } = setup();
    await expect(handle([event(1n, new Uint8Array([255, 255]))], signal)).rejects.toThrow("premature EOF");
    await expect(handle([event(0n)], signal)).rejects.toThrow(/lacks/);
  });

  it("an unreadable event does not keep its neighbours from the near cache", async () => {
    const put = vi.fn<(states: readonly StockState[]) => void>();
    await createNearCacheHandler(put)([event(1n, new Uint8Array([255, 255])), event(2n)], signal);
    expect(put.mock.calls[0]?.[0]).toMatchObject([{ version: 2n }]);
  });
});
