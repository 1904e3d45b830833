import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ShipmentService } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { describe, expect, it } from "vitest";
import { contractMethods } from "./contract.ts";
import { hasRestRoute, toRestRequest } from "./rest-request.ts";

describe("REST requests - made of an rpc's request", () => {
  it("path fields leave the body, and the key travels apart", () => {
    expect(toRestRequest(OrderService.method.payOrder, { orderId: "a b", paymentToken: "t", requestId: "key" })).toEqual({
      httpMethod: "POST",
      path: "/v1/orders/a%20b:pay",
      body: '{"paymentToken":"t"}',
    });
  });

  it("what is neither path nor body is the query", () => {
    expect(toRestRequest(InventoryService.method.listStockMovements, { vendorItemId: "A", fulfillmentCenterId: "B", pageSize: 3, kind: 2 })).toEqual({
      httpMethod: "GET",
      path: "/v1/stocks/A/B/movements?pageSize=3&kind=MOVEMENT_KIND_ADJUST",
      body: undefined,
    });
  });

  it("a body field is the body, without what the path took out of it", () => {
    const product = { productId: "p", name: "New" };
    expect(toRestRequest(ProductService.method.updateProduct, { product, updateMask: { paths: ["name"] } })).toEqual({
      httpMethod: "PATCH",
      path: "/v1/products/p?updateMask=name",
      body: '{"name":"New"}',
    });
    expect(toRestRequest(ShipmentService.method.addShipmentUpdate, { shipmentId: "s" }).body).toBe("{}");
  });

  it("what only services may call has no route", () => {
    const unreachable = contractMethods.filter((method) => !hasRestRoute(method)).map(({ name }) => name);
    expect(unreachable).toContain("ReserveStock");
    expect(unreachable).not.toContain("CreateOrder");
  });
});
