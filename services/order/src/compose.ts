import { fileURLToPath } from "node:url";
import { createBatchMetrics, type BatchLimits } from "@flashdeal/runtime/group-commit";
import type { Adapters, Background, Composed } from "@flashdeal/runtime/lifecycle";
import { requestResultTtlMs } from "@flashdeal/runtime/idempotency";
import { newId } from "@flashdeal/runtime/ids";
import { KeySet } from "@flashdeal/runtime/memory";
import { createRepeat } from "./background/repeat.ts";
import type { OrderConfig } from "./config.ts";
import type { Inventory, PaymentProvider } from "./domain/ports.ts";
import { createRunningRequests } from "./domain/running-requests.ts";
import { checkPayments, deleteOldRecords, expireOrders, type SweepContext } from "./domain/sweep.ts";
import type { OrderHandlers } from "./handler/context.ts";
import { orderRoutes } from "./handler/routes.ts";
import { createSandboxProvider } from "./payment/sandbox-provider.ts";
import { createCreateQueue } from "./store/create-queue.ts";
import { createOrderSignals } from "./store/order-signals.ts";
import { createOrderStore } from "./store/order-store.ts";
import { createShipmentStore } from "./store/shipment-store.ts";
import { createInventoryClient } from "./upstream/inventory-client.ts";

/** The schema of this service and the migrations that make it. */
export const orderMigrations = {
  schema: "orders",
  folder: fileURLToPath(new URL("../../../sql/order/migrations", import.meta.url)),
};

/** Outside parties that tests and other deployments put in the place of the usual ones. */
export interface OrderParties {
  /** Default: the product service. */
  readonly inventory?: Inventory;
  /** Default: the built-in sandbox. */
  readonly provider?: PaymentProvider;
}

/** The composed order service, and single rounds of its sweepers for hosts and tests that run them by hand. */
export interface ComposedOrder extends Composed {
  readonly sweeps: {
    /** Looks open payments and refunds up at the provider. */
    readonly payments: (signal: AbortSignal) => Promise<number>;
    /** Expires unpaid orders. */
    readonly expiry: (signal: AbortSignal) => Promise<number>;
    /** Deletes the records of old requests. */
    readonly cleanup: (signal: AbortSignal) => Promise<number>;
  };
}

/** Wires the order service. Its schema must be migrated before a background task starts or a call comes. */
export function composeOrder(config: OrderConfig, adapters: Adapters, parties: OrderParties = {}): ComposedOrder {
  const { database, clock, log } = adapters;
  const signals = createOrderSignals(database, config.maxWatchers);
  const limits = batchLimits(config, adapters);
  const store = createOrderStore({ database, clock, signals, paymentCheckDelayMs: config.paymentCheckDelayMs, limits });
  const { payWithinMs, holdMarginMs } = config;
  const inventory = parties.inventory ?? inventoryOf(config, adapters);
  const createQueue = createCreateQueue({ store, inventory, clock, newOrderId: newId, payWithinMs, holdMarginMs, keepAnswerMs: requestResultTtlMs }, limits);
  const context: OrderHandlers & SweepContext = {
    store,
    createQueue,
    shipments: createShipmentStore({ database, clock, signals }),
    inventory,
    holdMarginMs,
    provider: parties.provider ?? createSandboxProvider({ database, clock, delayMs: config.sandboxDelayMs, answerTimeoutMs: config.paymentTimeoutMs }),
    running: createRunningRequests(new KeySet()),
    signals,
    clock,
    log,
    newShipmentId: newId,
    captureGraceMs: config.captureGraceMs,
    pollIntervalMs: config.watchPollIntervalMs,
    batchSize: config.sweepBatchSize,
  };
  const repeat = (name: string, intervalMs: number, run: (signal: AbortSignal) => Promise<unknown>): Background =>
    createRepeat({ name, intervalMs, log, run });
  const sweeps: ComposedOrder["sweeps"] = {
    payments: (signal) => checkPayments(context, signal),
    expiry: (signal) => expireOrders(context, signal),
    cleanup: (signal) => deleteOldRecords(context, signal),
  };
  return {
    routes: orderRoutes(context),
    sweeps,
    background: [
      // Started first, so drained last: what the others hand in on their way out is still stored.
      { name: "order-store", start: async () => {}, drain: () => store.drain() },
      { name: "order-create", start: async () => {}, drain: () => createQueue.drain() },
      { name: "order-signals", start: () => signals.start(), drain: () => signals.drain() },
      repeat("order-payments", config.sweepIntervalMs, sweeps.payments),
      repeat("order-expiry", config.sweepIntervalMs, sweeps.expiry),
      repeat("order-cleanup", config.cleanupIntervalMs, sweeps.cleanup),
    ],
  };
}

function batchLimits(config: OrderConfig, { metrics }: Adapters): BatchLimits {
  const { batchMaxSize: maxBatchSize, batchMaxQueued: maxQueued, batchMaxInFlight: maxInFlight } = config;
  return { maxBatchSize, maxQueued, maxInFlight, metrics: createBatchMetrics(metrics) };
}

function inventoryOf(config: OrderConfig, { connect, log }: Adapters): Inventory {
  return createInventoryClient({
    transport: connect("product"),
    log,
    timeoutMs: config.reserveTimeoutMs,
    maxAttempts: config.reserveMaxAttempts,
    retryPauseMs: config.reserveRetryPauseMs,
  });
}
