import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { createGrpcServer, serviceRoutes } from "@flashdeal/runtime/rpc";
const server = createGrpcServer({ host: "127.0.0.1", port: 55551, routes: [serviceRoutes(StockQueryService, { getStock() { return {stock:{vendorItemId:"x"}}}}), serviceRoutes(OrderService, {})] });
await server.start();
setTimeout(()=>server.close(), 6000);
