import { createClient, type Client, type Transport } from "@connectrpc/connect";
import { auditorMigrations, composeAuditor } from "@flashdeal/auditor";
import { loadAuditorConfig } from "@flashdeal/auditor/config";
import { composeOrder, orderMigrations } from "@flashdeal/order";
import { loadOrderConfig } from "@flashdeal/order/config";
import { composeOutboxRelay, outboxRelayMigrations } from "@flashdeal/outbox-relay";
import { loadOutboxRelayConfig } from "@flashdeal/outbox-relay/config";
import { composeProduct, productMigrations } from "@flashdeal/product";
import { loadProductConfig } from "@flashdeal/product/config";
import { AuditService } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { createAuthInterceptor, createInternalCallInterceptor, createInternalTokenSource, createTokenVerifier } from "@flashdeal/runtime/auth";
import { migrate, type Database } from "@flashdeal/runtime/database";
import { createLocalBus } from "@flashdeal/runtime/events";
import { createConnector, createReleaseStack, startBackground, systemClock, type Adapters, type UpstreamName } from "@flashdeal/runtime/lifecycle";
import { createGrpcServer, createGrpcTransport, createRequestIdInterceptor, createValidationInterceptor } from "@flashdeal/runtime/rpc";
import { createMetrics } from "@flashdeal/runtime/telemetry";
import { silentLog } from "@flashdeal/runtime/testing";
import { composeStockQuery, stockQueryMigrations } from "@flashdeal/stock-query";
import { loadStockQueryConfig } from "@flashdeal/stock-query/config";

/** The services that sell and audit, in the process of the test, over a database that the test can reach too. */
export interface InProcessPlatform {
  readonly products: Client<typeof ProductService>;
  readonly inventory: Client<typeof InventoryService>;
  readonly orders: Client<typeof OrderService>;
  readonly stocks: Client<typeof StockQueryService>;
  readonly audits: Client<typeof AuditService>;
  /** What /metrics would say. */
  metrics(): Promise<string>;
  close(): Promise<void>;
}

const secret = "only-for-tests-".repeat(4);
const drainTimeoutMs = 5_000;
const callTimeoutMs = 10_000;

/** Composes and serves them with these settings. Calls go through a real gRPC listener, events through outbox, relay and bus. */
export async function startInProcess(database: Database, settings: Readonly<Record<string, string>>): Promise<InProcessPlatform> {
  const stack = createReleaseStack(drainTimeoutMs);
  const metrics = createMetrics();
  for (const migrations of [productMigrations, orderMigrations, stockQueryMigrations, outboxRelayMigrations, auditorMigrations]) await migrate(database, migrations);
  const eventBus = createLocalBus({ log: silentLog });
  stack.push("event bus", () => eventBus.close());
  let address = "";
  const adaptersOf = (service: string): Adapters => {
    const tokens = createInternalTokenSource({ secret, service });
    const connector = createConnector({ addressOf: () => address, tokens, timeoutMs: callTimeoutMs, connections: 1 });
    stack.push(`${service}: connections`, () => connector.close());
    const connect = (name: UpstreamName): Transport => ({
      unary: (...call) => connector.connect(name).unary(...call),
      stream: (...call) => connector.connect(name).stream(...call),
    });
    return { database, eventBus, cache: {} as never, metrics, clock: systemClock, log: silentLog, connect };
  };
  const services = [
    composeProduct(loadProductConfig(settings), adaptersOf("product")),
    composeOrder(loadOrderConfig(settings), adaptersOf("order")),
    composeStockQuery(loadStockQueryConfig(settings), adaptersOf("stock-query")),
    composeAuditor(loadAuditorConfig(settings), adaptersOf("auditor")),
    composeOutboxRelay(loadOutboxRelayConfig(settings), adaptersOf("outbox-relay")),
  ];
  const verifier = createTokenVerifier({ jwks: { keys: [] }, internalSecret: secret });
  const interceptors = [createAuthInterceptor(verifier), createRequestIdInterceptor(), createValidationInterceptor()];
  const server = createGrpcServer({ host: "127.0.0.1", port: 0, routes: services.flatMap(({ routes }) => routes), interceptors, drainTimeoutMs });
  address = `127.0.0.1:${(await server.start()).port}`;
  stack.push("server", () => server.close());
  await startBackground(services.flatMap(({ background }) => background), stack);
  const transport = createGrpcTransport({ address, interceptors: [createInternalCallInterceptor(createInternalTokenSource({ secret, service: "test" }))] });
  stack.push("client", () => transport.close());
  return {
    products: createClient(ProductService, transport),
    inventory: createClient(InventoryService, transport),
    orders: createClient(OrderService, transport),
    stocks: createClient(StockQueryService, transport),
    audits: createClient(AuditService, transport),
    metrics: () => metrics.metrics(),
    async close() {
      await stack.release();
    },
  };
}
