import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { AuditService } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ShipmentService } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";

/** The process that serves a service of the contract. */
export const processOf: ReadonlyMap<DescService, "auth" | "product" | "order" | "stock-query" | "auditor"> = new Map([
  [AuthService as DescService, "auth"],
  [ProductService as DescService, "product"],
  [InventoryService as DescService, "product"],
  [OrderService as DescService, "order"],
  [ShipmentService as DescService, "order"],
  [StockQueryService as DescService, "stock-query"],
  [AuditService as DescService, "auditor"],
] as const);

/** Every method of the contract. */
export const contractMethods: readonly DescMethod[] = [...processOf.keys()].flatMap(({ methods }) => methods);
