import { fileURLToPath } from "node:url";
import { createBatchMetrics, type BatchLimits } from "@flashdeal/runtime/group-commit";
import type { Adapters, Background, Composed } from "@flashdeal/runtime/lifecycle";
import { cleanUp } from "./background/cleanup.ts";
import { sweepHolds } from "./background/hold-sweeper.ts";
import { createLoop } from "./background/loop.ts";
import { createOrderConsumer } from "./background/order-consumer.ts";
import { createOrderLookup } from "./upstream/order-lookup.ts";
import type { ProductConfig } from "./config.ts";
import type { ReservationStore } from "./domain/ports.ts";
import { createOrderEventHandler } from "./handler/order-events.ts";
import { createRoutes } from "./handler/routes.ts";
import { createCatalogueReader } from "./store/catalogue-reader.ts";
import { createHousekeeping } from "./store/housekeeping.ts";
import { createReservationStore } from "./store/reservation-store.ts";
import { createStrategy } from "./store/create-strategy.ts";
import { createStockReader } from "./store/stock-reader.ts";
import { createWriter } from "./store/writer.ts";

/** The schema of the product service and where its migrations are. */
export const productMigrations = {
  schema: "product",
  folder: fileURLToPath(new URL("../../../sql/product/migrations", import.meta.url)),
} as const;

const reconcileIntervalMs = 10_000;

/** Wires the product service: catalogue and inventory, the consumer of order events, the sweeper and the clean-up. */
export function composeProduct(config: ProductConfig, adapters: Adapters): Composed {
  const { clock, log } = adapters;
  const limits = batchLimits(config, adapters);
  const reservations = createReservationStore({ ...adapters, limits });
  const strategy = createStrategy(config, adapters, limits);
  const services = {
    clock,
    log,
    reservations,
    strategy,
    catalogue: createCatalogueReader(adapters),
    stock: createStockReader(adapters),
    writer: createWriter(adapters),
  };
  // Started first, so drained last: what the others hand in on their way out is still done.
  const batches = [drained("product-reserve", strategy), drained("product-resolve", reservations)];
  const { reconcile } = strategy;
  const rounds = reconcile === undefined ? [] : [createLoop({ name: "reservation-strategy", log, intervalMs: reconcileIntervalMs, round: () => reconcile() })];
  return { routes: createRoutes(services), background: [...batches, ...rounds, ...createBackground(config, adapters, reservations)] };
}

function batchLimits(config: ProductConfig, { metrics }: Adapters): BatchLimits {
  const { batchMaxSize: maxBatchSize, batchMaxQueued: maxQueued, batchMaxInFlight: maxInFlight } = config;
  return { maxBatchSize, maxQueued, maxInFlight, metrics: createBatchMetrics(metrics) };
}

function drained(name: string, batches: { drain(): Promise<void> }): Background {
  return { name, start: async () => {}, drain: () => batches.drain() };
}

function createBackground(config: ProductConfig, adapters: Adapters, reservations: ReservationStore): readonly Background[] {
  const { clock, log, eventBus } = adapters;
  const orders = createOrderLookup(adapters.connect("order"), { timeoutMs: config.orderTimeoutMs });
  const sweep = { reservations, orders, clock, log, graceMs: config.sweepGraceMs, batchSize: config.sweepBatchSize };
  const housekeeping = createHousekeeping(adapters);
  const cleanup = { housekeeping, clock, inboxRetentionMs: config.inboxRetentionMs, batchSize: config.cleanupBatchSize };
  return [
    createOrderConsumer(eventBus, createOrderEventHandler(reservations, log)),
    createLoop({
      name: "hold-sweeper",
      log,
      intervalMs: config.sweepIntervalMs,
      round: async (signal) => void (await sweepHolds(sweep, signal)),
    }),
    createLoop({ name: "cleanup", log, intervalMs: config.cleanupIntervalMs, round: (signal) => cleanUp(cleanup, signal) }),
  ];
}
