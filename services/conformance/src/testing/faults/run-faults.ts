import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningServer, Skipped } from "@flashdeal/infra/servers";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { startStack, type Stack } from "@flashdeal/infra/stack";
import { createWorld } from "../../world/create-world.ts";
import { eventually } from "../../world/eventually.ts";
import { ok, present } from "../../world/expect.ts";
import type { World } from "../../world/world.ts";
import { newSecret, testAdmin, testSettings } from "../platform-settings.ts";
import { seededRandom } from "../seeded-random.ts";
import { buy } from "./buyers.ts";
import { findFaults } from "./checker.ts";
import { drawFault, type Point, type RandomFault, type Victim, type WireName } from "./faults.ts";
import { createHistory, toEdn } from "./history.ts";
import { countUnsettled, takeSnapshot } from "./snapshot.ts";
import { createWire, type Wire } from "./wire.ts";

/** What is done to the platform. */
export interface FaultOptions {
  /** Of all that is left to chance: which faults strike, who buys what. The timing of processes is not. */
  readonly seed: number;
  /** How long faults strike at random, in seconds. */
  readonly seconds: number;
  /** The named points that are struck first, each once. */
  readonly points: readonly Point[];
  /** Keeps history.jsonl, history.edn and snapshot.json. */
  readonly folder: string;
  readonly notice: (line: string) => void;
}

/** A fault, and how long after its end somebody could buy again. */
export interface StruckFault {
  readonly name: string;
  /** False: the moment never came while it was waited for. */
  readonly struck: boolean;
  readonly recoveryMs: number;
}

/** What came of it. */
export interface FaultReport {
  readonly struck: readonly StruckFault[];
  readonly acknowledged: number;
  readonly unknown: number;
  /** What the checker says; empty: all is well. */
  readonly faults: readonly string[];
}

const buyerCount = 30;
const dealCount = 8;
const unitsPerDeal = 400;
const pointTimeoutMs = 5_000;
const settleTimeoutMs = 60_000;
const silenceMs = 1_500;
const delayMs = 250;

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
    const random = seededRandom(seed);
    const [buyers, deals] = [await world.make.crowd(buyerCount), await Promise.all(Array.from({ length: dealCount }, () => world.make.newDeal({ units: unitsPerDeal })))];
    const history = createHistory(join(folder, "history.jsonl"));
    const stop = new AbortController();
    let orders = 0;
    const buying = buy({ worlds, buyers, deals, history, random: seededRandom(seed + 1), signal: stop.signal, onOrder: () => void orders++ });
    const struck = await strikeAll(options, { stack, wires, random, orders: () => orders });
    stop.abort();
    await buying;
    notice("waiting until everything has come to rest …");
    await comeToRest(stack);
    const items = deals.map(({ key }) => key.vendorItemId);
    const readModel = await Promise.all(deals.map(({ key }) => readStock(world, key)));
    const snapshot = await takeSnapshot(stack.postgres.url, items, readModel);
    writeFileSync(join(folder, "history.edn"), toEdn(history.events));
    writeFileSync(join(folder, "snapshot.json"), `${JSON.stringify(snapshot, undefined, 1)}\n`);
    const ofCreates = history.events.filter(({ operation }) => operation.f === "create");
    const acknowledged = new Set(ofCreates.flatMap(({ orderId }) => orderId ?? [])).size;
    return { struck, acknowledged, unknown: history.events.filter(({ type }) => type === "info").length, faults: findFaults(history.events, snapshot) };
  } finally {
    for (const world of worlds) world.close();
    await stack.stop();
    for (const wire of wires.values()) await wire.close();
  }
}

/** Who gets to whom through which wire. */
const routes: readonly { readonly service: string; readonly setting: string; readonly wire: WireName }[] = [
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

interface Scene {
  readonly stack: Stack;
  readonly wires: ReadonlyMap<WireName, Wire>;
  readonly random: () => number;
  /** Acknowledged so far. */
  readonly orders: () => number;
}

async function strikeAll({ points: wanted, seconds, notice }: FaultOptions, scene: Scene): Promise<StruckFault[]> {
  const struck: StruckFault[] = [];
  const note = (fault: StruckFault): void => {
    struck.push(fault);
    notice(`${fault.struck ? "struck" : "missed"}  ${fault.name}${fault.struck ? `: bought again after ${fault.recoveryMs} ms` : ""}`);
  };
  await recovery(scene);
  for (const point of wanted) note(await strikePoint(scene, point));
  const deadline = performance.now() + seconds * 1_000;
  while (performance.now() < deadline) note(await strikeAtRandom(scene, drawFault(scene.random)));
  return struck;
}

/** Holds back what is on the wire at that moment, kills the victim, and brings all back. */
async function strikePoint(scene: Scene, { name, wire: wireName, direction, matches, victim }: Point): Promise<StruckFault> {
  const wire = present(scene.wires.get(wireName), wireName);
  const seen = wire.watch(direction, matches).then(() => true);
  const came = await Promise.race([seen, sleep(pointTimeoutMs, false)]);
  if (came) await serverOf(scene, victim).kill();
  wire.heal();
  if (!came) return { name, struck: false, recoveryMs: 0 };
  await serverOf(scene, victim).restart();
  return { name, struck: true, recoveryMs: await recovery(scene) };
}

async function strikeAtRandom(scene: Scene, fault: RandomFault): Promise<StruckFault> {
  await sleep(200 + scene.random() * 1_000);
  if (fault.kind === "kill") {
    await serverOf(scene, fault.victim).kill();
    await sleep(scene.random() * 500);
    await serverOf(scene, fault.victim).restart();
    return { name: `kill ${fault.victim}`, struck: true, recoveryMs: await recovery(scene) };
  }
  const wire = present(scene.wires.get(fault.wire), fault.wire);
  if (fault.kind === "cut") wire.cut();
  else {
    if (fault.kind === "slow") wire.slowDown(delayMs);
    else wire.silence();
    await sleep(silenceMs);
    wire.heal();
  }
  return { name: `${fault.kind} ${fault.wire}`, struck: true, recoveryMs: await recovery(scene) };
}

function serverOf({ stack }: Scene, victim: Victim): RunningServer {
  return present(stack.processes.get(victim), victim);
}

/** How long it takes from now until the next order is acknowledged, in milliseconds. */
async function recovery({ orders }: Scene): Promise<number> {
  const [startMs, before] = [performance.now(), orders()];
  await eventually(async () => {
    if (orders() === before) throw new Error("nobody can buy any more");
  }, settleTimeoutMs, 10);
  return Math.round(performance.now() - startMs);
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
