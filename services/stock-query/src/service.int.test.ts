import { randomUUID } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { createRouterTransport, createClient } from "@connectrpc/connect";
import { StockChangedSchema } from "@flashdeal/proto/flashdeal/product/v1/product_events_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { createJetStreamBus, type EventMessage } from "@flashdeal/runtime/events";
import { systemClock } from "@flashdeal/runtime/lifecycle";
import { createLogger, Registry } from "@flashdeal/runtime/telemetry";
import { describeWithNats, openPglite } from "@flashdeal/runtime/testing";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { composeStockQuery } from "./compose.ts";
import { loadStockQueryConfig } from "./config.ts";
import { stockChangedSubject } from "./handler/stock-changed.ts";
import { createMemoryStockStore } from "./store/memory-stock-store.ts";

const log = createLogger({ name: "test", level: "silent" });
const run = randomUUID();

function event(item: string, version: bigint): EventMessage {
  const changed = create(StockChangedSchema, {
    vendorItemId: item,
    fulfillmentCenterId: run,
    onHand: 1_000n,
    reserved: version,
    version,
    changeTime: timestampFromDate(new Date()),
  });
  return { id: randomUUID(), subject: stockChangedSubject, data: toBinary(StockChangedSchema, changed), headers: {} };
}

describeWithNats("stock-query on JetStream", (natsUrl) => {
  const store = createMemoryStockStore();
  const releases: (() => Promise<void>)[] = [];
  const database = openPglite();

  /** One process: a bus connection and a near cache of its own; the read model and the durable are shared. */
  const startProcess = async (durable: string) => {
    const eventBus = await createJetStreamBus({ url: natsUrl, log });
    const config = { ...loadStockQueryConfig({}), projectorDurable: durable, nearCacheMaxAgeMs: 3_600_000 };
    const metrics = new Registry();
    const { routes, background } = composeStockQuery(config, { database: await database, eventBus, log, metrics, clock: systemClock, store });
    for (const work of background) await work.start();
    releases.push(async () => {
      for (const work of background.toReversed()) await work.drain();
      await eventBus.close();
    });
    const transport = createRouterTransport(({ service }) => routes.forEach((route) => service(route.service, route.implementation)));
    const projected = async () => (await metrics.getSingleMetric("stock_query_projected_total")?.get())?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
    return { client: createClient(StockQueryService, transport), eventBus, projected };
  };

  beforeAll(() => database);
  afterAll(async () => {
    for (const release of releases) await release();
    await (await database).close();
  });

  it("two processes share the projection, and each near cache hears everything", async () => {
    const durable = `projector-${run}`;
    const first = await startProcess(durable);
    const second = await startProcess(durable);
    const key = (item: string) => ({ vendorItemId: item, fulfillmentCenterId: run });
    await first.eventBus.publish([event("a", 1n)]);
    await vi.waitFor(async () => expect((await store.get(key("a")))?.version).toBe(1n), { timeout: 10_000 });
    // From here on only an event can tell a near cache: its entries live for an hour.
    for (const { client } of [first, second]) await client.getStock(key("a"));
    const events = Array.from({ length: 300 }, (_, index) => event("a", BigInt(index + 2)));
    for (let start = 0; start < events.length; start += 10) await first.eventBus.publish(events.slice(start, start + 10).toReversed());
    for (const { client } of [first, second]) {
      await vi.waitFor(async () => expect((await client.getStock(key("a"))).stock?.version).toBe(301n), { timeout: 10_000 });
    }
    await vi.waitFor(async () => expect((await store.get(key("a")))?.version).toBe(301n), { timeout: 10_000 });
    await vi.waitFor(async () => expect((await first.projected()) + (await second.projected())).toBeGreaterThanOrEqual(301), { timeout: 10_000 });
  });

  it("a new durable reads the stream from its beginning: the read model is built again", async () => {
    await store.clear();
    await startProcess(`rebuild-${run}`);
    await vi.waitFor(async () => expect((await store.get({ vendorItemId: "a", fulfillmentCenterId: run }))?.version).toBe(301n), { timeout: 10_000 });
  });
});
