import { randomUUID } from "node:crypto";
import { create, toBinary, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { createClient, type Client, type Transport } from "@connectrpc/connect";
import { StockChangedSchema } from "@flashdeal/proto/flashdeal/product/v1/product_events_pb";
import { BatchGetStocksRequestSchema, GetStockRequestSchema, StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import type { EventBus } from "@flashdeal/runtime/events";
import type { Implementation, ServiceName } from "@flashdeal/infra/services";

/** The servers that both implementations stand on. */
export interface Backing {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly natsUrl: string;
  readonly eventBus: EventBus;
}

/** An rpc that can be measured. */
export interface MeasuredRpc {
  /** `package.Service/Method`. */
  readonly call: string;
  /** Requests in binary form, sent in turn. */
  requests(keys: number): readonly Uint8Array[];
}

/** A call whose outcome must be the same on both sides. */
export interface Sample {
  readonly name: string;
  call(transport: Transport): Promise<unknown>;
}

/** What the runner has to know about a service. */
export interface AbService {
  readonly name: ServiceName;
  /** The first is the one that the other is compared with. */
  readonly implementations: readonly [Implementation, Implementation];
  /** By the short name of the method; the first is the default. */
  readonly rpcs: Readonly<Record<string, MeasuredRpc>>;
  /** Settings of the process besides its ports. */
  environment(backing: Backing): Readonly<Record<string, string>>;
  /** Brings `keys` pieces of data to both running implementations, and resolves when each answers all of them. */
  seed(backing: Backing, transports: readonly Transport[], keys: number): Promise<void>;
  readonly samples: readonly Sample[];
}

const keyOf = (index: number) => ({ vendorItemId: `ab-item-${index}`, fulfillmentCenterId: "ab-fc" });
const keysPerBatch = 100;
const seedTimeoutMs = 30_000;

const stockQuery: AbService = {
  name: "stock-query",
  implementations: ["ts", "go"],
  rpcs: {
    GetStock: {
      call: `${StockQueryService.typeName}/GetStock`,
      requests: (keys) => Array.from({ length: keys }, (_, index) => encode(GetStockRequestSchema, keyOf(index))),
    },
    BatchGetStocks: {
      call: `${StockQueryService.typeName}/BatchGetStocks`,
      requests: (keys) => batches(keys).map((batch) => encode(BatchGetStocksRequestSchema, { keys: [...batch] })),
    },
  },
  environment: ({ postgresUrl, redisUrl, natsUrl }) => ({ DATABASE_URL: postgresUrl, READ_MODEL_URL: redisUrl, REDIS_URL: redisUrl, NATS_URL: natsUrl }),
  async seed({ eventBus }, transports, keys) {
    await eventBus.publish(
      Array.from({ length: keys }, (_, index) => {
        const event = create(StockChangedSchema, { ...keyOf(index), onHand: 1_000n, reserved: 7n, version: 1n, changeTime: timestampNow() });
        return { id: randomUUID(), subject: StockChangedSchema.typeName, data: toBinary(StockChangedSchema, event), headers: {} };
      }),
    );
    const deadlineMs = Date.now() + seedTimeoutMs;
    for (const transport of transports) {
      while (!(await knowsAll(client(transport), keys))) {
        if (Date.now() > deadlineMs) throw new Error(`the read model does not have all ${keys} keys after ${seedTimeoutMs} ms`);
      }
    }
  },
  samples: stockQuerySamples(),
};

/** The services that have more than one implementation. */
export const abServices: Readonly<Record<string, AbService>> = { [stockQuery.name]: stockQuery };

function encode<Desc extends DescMessage>(desc: Desc, message: MessageInitShape<Desc>): Uint8Array {
  return toBinary(desc, create(desc, message));
}

function batches(keys: number): (readonly ReturnType<typeof keyOf>[])[] {
  const all = Array.from({ length: keys }, (_, index) => keyOf(index));
  return Array.from({ length: Math.ceil(keys / keysPerBatch) }, (_, index) => all.slice(index * keysPerBatch, (index + 1) * keysPerBatch));
}

async function knowsAll(stocks: Client<typeof StockQueryService>, keys: number): Promise<boolean> {
  for (const batch of batches(keys)) {
    const { unknownKeys } = await stocks.batchGetStocks({ keys: [...batch] });
    if (unknownKeys.length > 0) return false;
  }
  return true;
}

const client = (transport: Transport) => createClient(StockQueryService, transport);

function stockQuerySamples(): readonly Sample[] {
  const known = keyOf(0);
  const unknown = { vendorItemId: "ab-unknown", fulfillmentCenterId: "ab-fc" };
  return [
    { name: "GetStock of a known key", call: (transport) => client(transport).getStock(known) },
    { name: "GetStock of an unknown key", call: (transport) => client(transport).getStock(unknown) },
    { name: "GetStock without a key", call: (transport) => client(transport).getStock({}) },
    { name: "GetStock of a malformed key", call: (transport) => client(transport).getStock({ vendorItemId: "a/b", fulfillmentCenterId: "-" }) },
    { name: "BatchGetStocks of known and unknown keys", call: (transport) => client(transport).batchGetStocks({ keys: [known, unknown, keyOf(1), known] }) },
    { name: "BatchGetStocks of no key", call: (transport) => client(transport).batchGetStocks({}) },
    { name: "BatchGetStocks of too many keys", call: (transport) => client(transport).batchGetStocks({ keys: Array.from({ length: 1_001 }, () => known) }) },
    { name: "BatchGetStocks with a malformed key", call: (transport) => client(transport).batchGetStocks({ keys: [known, { vendorItemId: "-" }] }) },
    { name: "WatchStock of a known key", call: (transport) => firstOf(client(transport).watchStock(known)) },
    { name: "WatchStock of an unknown key", call: (transport) => firstOf(client(transport).watchStock(unknown)) },
    { name: "WatchStock of a malformed key", call: (transport) => firstOf(client(transport).watchStock({ vendorItemId: "a b", fulfillmentCenterId: "x" })) },
  ];
}

async function firstOf<T>(messages: AsyncIterable<T>): Promise<T | undefined> {
  for await (const message of messages) return message;
  return undefined;
}
