import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Skipped } from "@flashdeal/infra/servers";
import { startStack, type Stack } from "@flashdeal/infra/stack";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { createWorld } from "../../world/create-world.ts";
import { eventually } from "../../world/eventually.ts";
import { ok, present } from "../../world/expect.ts";
import type { World } from "../../world/world.ts";
import { newSecret, testAdmin, testSettings } from "../platform-settings.ts";
import { seededRandom } from "../seeded-random.ts";
import { buy } from "./buyers.ts";
import { checkFolder, runFiles, type FolderCheck } from "./check-folder.ts";
import { drawFaults, type Point, type WireName } from "./faults.ts";
import { createHistory, readHistory } from "./history.ts";
import { countUnsettled, soldSince, takeSnapshot } from "./snapshot.ts";
import { strikeAtRandom, strikePoint, untilOrdered, type Scene, type StruckFault } from "./strike.ts";
import { watchBooks } from "./watch-books.ts";
import { createWire, type Wire } from "./wire.ts";

/** What is done to the platform. */
export interface FaultOptions {
  /** Of all that is left to chance: which faults strike, who buys what. The timing of processes is not. */
  readonly seed: number;
  /** The named points that are struck first, each once. */
  readonly points: readonly Point[];
  /** How many faults strike after them, at moments that chance decides. */
  readonly faults: number;
  /** Keeps what the checker reads (`runFiles`) and history.edn. */
  readonly folder: string;
  readonly notice: (line: string) => void;
}

/** What came of it, and what the checker says. */
export interface FaultReport extends FolderCheck {
  readonly struck: readonly StruckFault[];
}

/** After a fault all must go on this soon, once the process is ready, in milliseconds. */
export const backWithinMs = 5_000;

const buyerCount = 30;
const dealCount = 8;
const unitsPerDeal = 1_000;
const settleTimeoutMs = 60_000;

/** Has buyers buy on a platform of its own while faults strike, lets all come to rest, and has the checker count. */
export async function runFaults(options: FaultOptions): Promise<FaultReport | Skipped> {
  const { seed, folder, notice } = options;
  mkdirSync(folder, { recursive: true });
  const wires = new Map<WireName, Wire>();
  const internalTokenSecret = newSecret();
  const stack = await startStack({
    environment: { ...testSettings(internalTokenSecret), ORDER_PAY_WITHIN: "6s", ORDER_HOLD_MARGIN: "3s", UPSTREAM_TIMEOUT: "3s", ORDER_RESERVE_TIMEOUT: "1s", AUDIT_INTERVAL: "0" },
    reroute: (service, environment) => reroute(wires, service, environment),
  });
  if ("skipped" in stack) return stack;
  const platform = { restUrl: stack.restUrl, grpcAddresses: stack.grpcAddresses, admin: testAdmin, holdMs: undefined, internalTokenSecret };
  const worlds = [createWorld(platform, "rest"), createWorld(platform, "grpc")];
  try {
    const [world] = worlds as [World];
    const [buyers, deals] = [await world.make.crowd(buyerCount), await Promise.all(Array.from({ length: dealCount }, () => world.make.newDeal({ units: unitsPerDeal })))];
    const sold = deals.map(({ key, dealId }) => ({ item: key.vendorItemId, dealId }));
    const stop = new AbortController();
    const lastOrders = new Map(worlds.map((each) => [each, 0]));
    const onOrder = (way: World, invokedMs: number): void => void lastOrders.set(way, Math.max(lastOrders.get(way) ?? 0, invokedMs));
    const buying = buy({ worlds, buyers, deals, history: createHistory(join(folder, runFiles.history)), random: seededRandom(seed + 1), signal: stop.signal, onOrder });
    const watching = watchBooks(stack.postgres.url, sold.map(({ item }) => item), join(folder, runFiles.books), stop.signal);
    const scene = { processes: stack.processes, wires, random: seededRandom(seed), lastOrderMs: () => Math.min(...lastOrders.values()), soldSince: (unixMs: number) => soldSince(stack.postgres.url, unixMs) };
    const striking = strikeAll(options, scene).finally(() => stop.abort());
    const [struck] = await Promise.all([striking, buying, watching]);
    notice("waiting until everything has come to rest …");
    await comeToRest(stack);
    const readModel = await Promise.all(deals.map(({ key }) => readStock(world, key)));
    const snapshot = await takeSnapshot(stack.postgres.url, sold, readModel, readHistory(join(folder, runFiles.history)));
    writeFileSync(join(folder, runFiles.snapshot), `${JSON.stringify(snapshot, undefined, 1)}\n`);
    return { struck, ...checkFolder(folder) };
  } finally {
    for (const world of worlds) world.close();
    await stack.stop();
    for (const wire of wires.values()) await wire.close();
  }
}

/** Who gets to whom through which wire. */
const routes: readonly { readonly service: string; readonly setting: string; readonly wire: WireName }[] = [
  { service: "gateway", setting: "ORDER_ADDRESS", wire: "gateway-order" },
  { service: "order", setting: "PRODUCT_ADDRESS", wire: "order-product" },
  { service: "order", setting: "DATABASE_URL", wire: "order-postgres" },
  { service: "product", setting: "DATABASE_URL", wire: "product-postgres" },
  { service: "outbox-relay", setting: "NATS_URL", wire: "relay-nats" },
  { service: "product", setting: "NATS_URL", wire: "product-nats" },
];

async function reroute(wires: Map<WireName, Wire>, service: string, environment: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const changed: Record<string, string> = {};
  for (const { setting, wire: name } of routes.filter((route) => route.service === service)) {
    const value = present(environment[setting], setting);
    const isAddress = !value.includes("://");
    const url = new URL(isAddress ? `tcp://${value}` : value);
    const wire = await createWire(name, { host: url.hostname, port: Number(url.port) });
    wires.set(name, wire);
    url.port = String(wire.port);
    changed[setting] = isAddress ? `${url.hostname}:${wire.port}` : url.href;
  }
  return changed;
}

async function strikeAll({ points, faults, notice }: FaultOptions, scene: Scene): Promise<StruckFault[]> {
  const struck: StruckFault[] = [];
  const note = (fault: StruckFault): void => {
    struck.push(fault);
    notice(describe(fault));
  };
  await untilOrdered(scene);
  for (const point of points) note(await strikePoint(scene, point));
  for (const fault of drawFaults(faults, scene.random)) note(await strikeAtRandom(scene, fault));
  return struck;
}

/** Whether all went on too late after it. */
export function isLate({ orderMs, saleMs }: StruckFault): boolean {
  return Math.max(orderMs, saleMs) > backWithinMs;
}

function describe({ name, struck, startMs, orderMs, saleMs }: StruckFault): string {
  if (!struck) return `missed  ${name}`;
  const started = startMs === 0 ? "" : `ready after ${startMs} ms, then `;
  return `struck  ${name}: ${started}ordered after ${orderMs} ms, sold after ${saleMs} ms`;
}

/** Waits until no hold, order, payment or refund is open, and the last events have arrived. */
async function comeToRest({ postgres }: Stack): Promise<void> {
  await eventually(async () => {
    const open = await countUnsettled(postgres.url);
    if (open > 0) throw new Error(`${open} holds, orders or payments are still under way`);
  }, settleTimeoutMs, 250);
  // What the last events did reaches the read model.
  await sleep(2_000);
}

async function readStock({ caller }: World, key: { readonly vendorItemId: string; readonly fulfillmentCenterId: string }) {
  const { stock } = await ok(caller.unary(StockQueryService.method.getStock, key));
  return { item: key.vendorItemId, onHand: Number(stock?.onHand), reserved: Number(stock?.reserved) };
}
