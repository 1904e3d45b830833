// CreateOrder without the order: the same server, interceptors, request and answer, and no work. What remains is the cost of the rpc.
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { CreateOrderResponseSchema, OrderService, OrderState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { runService } from "@flashdeal/runtime/lifecycle";
import { serviceRoutes } from "@flashdeal/runtime/rpc";
import { loadNoOpConfig } from "./config.ts";

const id = "019a0000-0000-7000-8000-000000000000";
const money = { currencyCode: "KRW", units: 1_000n, nanos: 0 };
const now = timestampFromDate(new Date());
const line = { dealId: id, productId: id, vendorItemId: "item-0000", fulfillmentCenterId: "ICN1", title: "Flash deal", quantity: 1n, unitPrice: money };
const order = { orderId: id, userId: id, state: OrderState.PENDING_PAYMENT, lines: [line], total: money, reservationId: id, expireTime: now, createTime: now, updateTime: now };
const response = create(CreateOrderResponseSchema, { order });

await runService({
  name: "no-op",
  loadConfig: loadNoOpConfig,
  compose: () => ({ routes: [serviceRoutes(OrderService, { createOrder: () => response })], background: [] }),
});
