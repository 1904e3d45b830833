import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { loadConfig } from "../../config/index.ts";
import { serviceRoutes } from "../../rpc/index.ts";
import { runService } from "../run-service.ts";
import { serviceSettings } from "../service-config.ts";

/** A service with a slow rpc, and one for users only, for tests of the process around it. */
await runService({
  name: "test-service",
  loadConfig: () => loadConfig(serviceSettings({ grpcPort: 0, httpPort: 0 }), process.env),
  compose: (_config, { log }) => ({
    routes: [
      serviceRoutes(StockQueryService, {
        async getStock({ vendorItemId }) {
          if (vendorItemId === "crash") setImmediate(() => void Promise.reject(new Error("unhandled")));
          await new Promise((resolve) => setTimeout(resolve, vendorItemId === "slow" ? 700 : 0));
          return { stock: { vendorItemId } };
        },
      }),
      serviceRoutes(OrderService, { listOrders: () => ({ orders: [] }) }),
    ],
    background: [{ name: "ticker", start: async () => log.info("ticker started"), drain: async () => log.info("ticker drained") }],
  }),
});
