import { createClient, type Client, type Transport } from "@connectrpc/connect";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ShipmentService } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { actAs, createAuthInterceptor, createInternalCallInterceptor, createInternalTokenSource, createTokenVerifier, type Principal, type Role } from "@flashdeal/runtime/auth";
import { migrate, type Database } from "@flashdeal/runtime/database";
import type { Adapters } from "@flashdeal/runtime/lifecycle";
import { createGrpcServer, createGrpcTransport, createRequestIdInterceptor, createValidationInterceptor } from "@flashdeal/runtime/rpc";
import { createLogger, createMetrics } from "@flashdeal/runtime/telemetry";
import { v4, v7 } from "uuid";
import { composeOrder, orderMigrations, type ComposedOrder } from "../compose.ts";
import { loadOrderConfig, type OrderConfig } from "../config.ts";
import type { PaymentProvider } from "../domain/ports.ts";
import { createMemoryInventory, type MemoryInventory, type TestDeal } from "./memory-inventory.ts";

/** Fails and lets nothing else through where a test reaches for an adapter that the service has no use for. */
function unused(name: string): never {
  throw new Error(`the order service needs no ${name}`);
}

/** A clock that the test moves. */
export interface TestClock {
  now(): Date;
  /** Moves it on. */
  advance(ms: number): void;
}

/** Starts at the machine's time and runs with it. */
export function createTestClock(): TestClock {
  let offsetMs = 0;
  return { now: () => new Date(Date.now() + offsetMs), advance: (ms) => void (offsetMs += ms) };
}

/** An order service behind a real gRPC server. */
export interface TestBed {
  readonly orders: Client<typeof OrderService>;
  readonly shipments: Client<typeof ShipmentService>;
  /** Calls without a token. */
  readonly anonymous: Transport;
  readonly inventory: MemoryInventory;
  readonly clock: TestClock;
  readonly database: Database;
  readonly config: OrderConfig;
  /** A deal that nobody else uses. */
  addDeal(deal?: Partial<TestDeal>): TestDeal;
  /** Runs one round of a sweeper. */
  sweep(what: keyof ComposedOrder["sweeps"]): Promise<number>;
  close(): Promise<void>;
}

/** Where and with what to run. */
export interface TestBedOptions {
  readonly database: Database;
  readonly config?: Partial<OrderConfig>;
  readonly provider?: PaymentProvider;
  readonly inventory?: MemoryInventory;
  readonly clock?: TestClock;
  /** Default: false; tests run rounds of the sweepers themselves. */
  readonly background?: boolean;
}

const secret = "only-for-tests-".repeat(4);

/** Migrates the database and serves the order service on a free port. */
export async function createTestBed(options: TestBedOptions): Promise<TestBed> {
  const { database, provider, inventory = createMemoryInventory(), clock = createTestClock() } = options;
  await migrate(database, orderMigrations);
  const config = { ...loadOrderConfig({ ORDER_PAYMENT_TIMEOUT: "150ms", ORDER_SWEEP_INTERVAL: "20ms" }), ...options.config };
  const adapters: Adapters = {
    database,
    log: createLogger({ name: "order-test", level: "silent" }),
    metrics: createMetrics(),
    clock,
    get eventBus() {
      return unused("event bus");
    },
    get cache() {
      return unused("cache");
    },
    connect: (name) => unused(`way to ${name}`),
  };
  const composed = composeOrder(config, adapters, { inventory, ...(provider && { provider }) });
  const verifier = createTokenVerifier({ jwks: { keys: [] }, internalSecret: secret });
  const server = createGrpcServer({
    host: "127.0.0.1",
    port: 0,
    routes: composed.routes,
    interceptors: [createAuthInterceptor(verifier), createRequestIdInterceptor(), createValidationInterceptor()],
    drainTimeoutMs: 1_000,
  });
  const { port } = await server.start();
  const tokens = createInternalTokenSource({ secret, service: "test" });
  const transport = createGrpcTransport({ address: `127.0.0.1:${port}`, interceptors: [createInternalCallInterceptor(tokens)] });
  const anonymous = createGrpcTransport({ address: `127.0.0.1:${port}` });
  const started = composed.background.filter(({ name }) => options.background === true || name === "order-signals");
  for (const work of started) await work.start();
  return {
    orders: createClient(OrderService, transport),
    shipments: createClient(ShipmentService, transport),
    anonymous,
    inventory,
    clock,
    database,
    config,
    addDeal(deal = {}) {
      const added = { dealId: v7(), available: 10n, ...deal };
      inventory.deals.set(added.dealId, added);
      return added;
    },
    sweep: (what) => composed.sweeps[what](new AbortController().signal),
    async close() {
      for (const work of started) await work.drain();
      transport.close();
      anonymous.close();
      await server.drain();
      await server.close();
    },
  };
}

/** Call options of a user: of a new one, unless an id is given. */
export function as(role: Role = "customer", userId: string = v4()): { readonly userId: string; readonly contextValues: ReturnType<typeof actAs> } {
  const principal: Principal = { kind: "user", userId, role };
  return { userId, contextValues: actAs(principal) };
}

/** What a call fails with. Fails itself where the call succeeds. */
export async function failure(call: Promise<unknown>): Promise<unknown> {
  const answer = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in answer) return answer.error;
  throw new Error(`the call succeeded: ${String(answer.value)}`);
}

/** Rows of a table of the schema with this value. */
export async function countRows(database: Database, table: string, column: string, value: string): Promise<number> {
  const { rows } = await database.query({ name: "", text: `SELECT count(*) FROM orders.${table} WHERE ${column}::text = $1` }, [value]);
  return Number(rows[0]?.[0]);
}

/** The events about an order, in the order of the outbox, by the last part of their subject. */
export async function eventsOf(database: Database, orderId: string): Promise<string[]> {
  const { rows } = await database.query({ name: "", text: "SELECT subject FROM orders.outbox WHERE aggregate_key = $1 ORDER BY position" }, [orderId]);
  return rows.map(([subject]) => String(subject).split(".").at(-1) ?? "");
}
