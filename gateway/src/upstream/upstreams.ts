import type { DescService } from "@bufbuild/protobuf";
import type { UpstreamName } from "@flashdeal/runtime/lifecycle";
import { AuditService } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ShipmentService } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";

/** Which process answers for which service of the contract. */
export const upstreams: ReadonlyMap<DescService, UpstreamName> = new Map<DescService, UpstreamName>([
  [AuthService, "auth"],
  [ProductService, "product"],
  [InventoryService, "product"],
  [OrderService, "order"],
  [ShipmentService, "order"],
  [StockQueryService, "stock-query"],
  [AuditService, "auditor"],
]);
