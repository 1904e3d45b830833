import { create, toBinary } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Client } from "@connectrpc/connect";
import { StockChangedSchema } from "@flashdeal/proto/flashdeal/product/v1/product_events_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { reasonOf, violationsOf } from "@flashdeal/runtime/errors";
import type { EventBus, EventHandler, SubscribeOptions } from "@flashdeal/runtime/events";
import { systemClock, type Composed } from "@flashdeal/runtime/lifecycle";
import { createGrpcServer, createGrpcTransport, createValidationInterceptor, type GrpcTransport, type RpcServer } from "@flashdeal/runtime/rpc";
import { createLogger, Registry } from "@flashdeal/runtime/telemetry";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { composeStockQuery } from "./compose.ts";
import { loadStockQueryConfig, type StockQueryConfig } from "./config.ts";
import { StoreUnavailableError } from "./domain/ports.ts";
import { stockChangedSubject } from "./handler/stock-changed.ts";
import { createMemoryStockStore } from "./store/memory-stock-store.ts";

const key = { vendorItemId: "item-1", fulfillmentCenterId: "fc-1" };
const changeTime = new Date("2026-11-21T10:00:00.123Z");

/** Hands each event to every subscriber before `publish` resolves. */
function createDirectBus() {
  const subscribers: { readonly options: SubscribeOptions; readonly handle: EventHandler }[] = [];
  const bus: EventBus = {
    async publish(events) {
      const received = events.map((event) => ({ ...event, attempt: 1 }));
      for (const { handle } of subscribers) await handle(received, new AbortController().signal);
    },
    async subscribe(options, handle) {
      subscribers.push({ options, handle });
      return { drain: async () => {} };
    },
    ping: async () => {},
    close: async () => {},
  };
  return { bus, subscribers };
}

/** How a call failed: its code, its reason and the fields it names. */
async function failure(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { code: error instanceof ConnectError ? error.code : undefined, reason: reasonOf(error), fields: violationsOf(error).map(({ field }) => field) };
}

describe("stock-query service", () => {
  const { bus, subscribers } = createDirectBus();
  const store = createMemoryStockStore();
  const log = createLogger({ name: "test", level: "silent" });
  let registry: Registry;
  let server: RpcServer;
  let transport: GrpcTransport;
  let client: Client<typeof StockQueryService>;
  let composed: Composed;

  const start = async (overrides: Partial<StockQueryConfig> = {}) => {
    registry = new Registry();
    const config = { ...loadStockQueryConfig({}), ...overrides };
    // Every adapter that is not used throws on use: there is no database here.
    const database = new Proxy({}, { get: () => () => Promise.reject(new Error("no database")) }) as Parameters<typeof composeStockQuery>[1]["database"];
    composed = composeStockQuery(config, { database, eventBus: bus, log, metrics: registry, clock: systemClock, store });
    for (const work of composed.background) await work.start();
    server = createGrpcServer({ host: "127.0.0.1", port: 0, routes: composed.routes, interceptors: [createValidationInterceptor()], drainTimeoutMs: 2_000 });
    const { port } = await server.start();
    transport = createGrpcTransport({ address: `127.0.0.1:${port}` });
    client = createClient(StockQueryService, transport);
  };
  const announce = (version: bigint, changes: Partial<typeof key> = {}) => {
    const event = create(StockChangedSchema, { ...key, ...changes, onHand: 100n, reserved: version, version, changeTime: timestampFromDate(changeTime) });
    return bus.publish([{ id: `event-${version}`, subject: stockChangedSubject, data: toBinary(StockChangedSchema, event), headers: {} }]);
  };
  beforeEach(async () => {
    await store.clear();
    subscribers.length = 0;
    await start();
  });
  afterEach(async () => {
    transport.close();
    await server.close();
    for (const work of composed.background) await work.drain();
    vi.restoreAllMocks();
  });

  it("GetStock - answers what was announced last", async () => {
    await announce(3n);
    await announce(2n);
    const { stock } = await client.getStock(key);
    expect(stock).toMatchObject({ ...key, onHand: 100n, reserved: 3n, available: 97n, version: 3n });
    expect(stock?.updateTime && timestampDate(stock.updateTime)).toEqual(changeTime);
  });

  it("GetStock - an unknown key is STOCK_NOT_FOUND", async () => {
    expect(await failure(client.getStock(key))).toMatchObject({ code: Code.NotFound, reason: "STOCK_NOT_FOUND" });
  });

  it("GetStock - a malformed key names its field", async () => {
    const answer = await failure(client.getStock({ vendorItemId: "a/b", fulfillmentCenterId: "" }));
    expect(answer).toMatchObject({ code: Code.InvalidArgument, reason: "INVALID_INPUT" });
    expect(new Set(answer.fields)).toEqual(new Set(["vendor_item_id", "fulfillment_center_id"]));
  });

  it("GetStock - where the read model is away and nothing is known, the caller is told to come again", async () => {
    vi.spyOn(store, "get").mockRejectedValue(new StoreUnavailableError("away"));
    expect(await failure(client.getStock(key))).toMatchObject({ code: Code.Unavailable, reason: "SERVICE_UNAVAILABLE" });
  });

  it("BatchGetStocks - known stocks in the order of the request, unknown keys apart", async () => {
    await announce(1n, { vendorItemId: "b" });
    await announce(2n, { vendorItemId: "a" });
    const unknown = { vendorItemId: "none", fulfillmentCenterId: "fc-1" };
    const keys = [{ ...key, vendorItemId: "a" }, unknown, { ...key, vendorItemId: "b" }, { ...key, vendorItemId: "a" }];
    const { stocks, unknownKeys } = await client.batchGetStocks({ keys });
    expect(stocks.map(({ vendorItemId, version }) => [vendorItemId, version])).toEqual([["a", 2n], ["b", 1n], ["a", 2n]]);
    expect(unknownKeys).toMatchObject([unknown]);
  });

  it("BatchGetStocks - none, too many and malformed keys are refused", async () => {
    expect(await failure(client.batchGetStocks({ keys: [] }))).toMatchObject({ reason: "INVALID_INPUT", fields: ["keys"] });
    const many = Array.from({ length: 1_001 }, (_, index) => ({ ...key, vendorItemId: `item-${index}` }));
    expect(await failure(client.batchGetStocks({ keys: many }))).toMatchObject({ reason: "INVALID_INPUT", fields: ["keys"] });
    const answer = await failure(client.batchGetStocks({ keys: [key, { ...key, vendorItemId: "-" }] }));
    expect(answer).toMatchObject({ code: Code.InvalidArgument, fields: ["keys[1].vendor_item_id"] });
  });

  it("WatchStock - the stock as it is, then each change", async () => {
    await announce(1n);
    const versions: bigint[] = [];
    const leave = new AbortController();
    const watching = (async () => {
      for await (const { stock } of client.watchStock(key, { signal: leave.signal })) {
        versions.push(stock?.version ?? 0n);
        if (versions.length === 3) leave.abort();
      }
    })().catch(() => undefined);
    await vi.waitFor(() => expect(versions).toEqual([1n]));
    await announce(2n, { vendorItemId: "another" });
    await announce(2n);
    await vi.waitFor(() => expect(versions).toEqual([1n, 2n]));
    await announce(3n);
    await watching;
    expect(versions).toEqual([1n, 2n, 3n]);
    await vi.waitFor(async () => expect(await registry.metrics()).toContain("stock_query_watchers 0"));
  });

  it("WatchStock - an unknown key is STOCK_NOT_FOUND", async () => {
    expect(await failure(client.watchStock(key)[Symbol.asyncIterator]().next())).toMatchObject({ code: Code.NotFound, reason: "STOCK_NOT_FOUND" });
  });

  it("WatchStock - one watcher too many is OVERLOADED", async () => {
    await server.close();
    transport.close();
    await start({ maxWatchers: 1 });
    await announce(1n);
    const first = client.watchStock(key)[Symbol.asyncIterator]();
    await first.next();
    expect(await failure(client.watchStock(key)[Symbol.asyncIterator]().next())).toMatchObject({ code: Code.ResourceExhausted, reason: "OVERLOADED" });
  });

  it("WatchStock - a drain ends it with UNAVAILABLE, at once", async () => {
    await announce(1n);
    const stream = client.watchStock(key)[Symbol.asyncIterator]();
    await stream.next();
    const startMs = performance.now();
    const [answer] = await Promise.all([failure(stream.next()), server.drain()]);
    expect(answer).toMatchObject({ code: Code.Unavailable, reason: "SERVICE_UNAVAILABLE" });
    expect(performance.now() - startMs).toBeLessThan(1_500);
  });

  it("WatchStock - a lost message is made good", async () => {
    await server.close();
    transport.close();
    await start({ nearCacheMaxAgeMs: 20, watchRefreshMs: 30 });
    await announce(1n);
    const stream = client.watchStock(key)[Symbol.asyncIterator]();
    await stream.next();
    await store.apply([{ ...key, onHand: 5n, reserved: 0n, version: 9n, changeTime }]);
    expect((await stream.next()).value?.stock?.version).toBe(9n);
  });

  it("subscriptions - the projection shares its work, the near cache does not", () => {
    expect(subscribers.map(({ options }) => [options.durable, options.ephemeral ?? false])).toEqual([
      ["stock-query-projector", false],
      ["stock-query-near-cache", true],
    ]);
  });
});
