import assert from "node:assert/strict";
import { clone, type DescMethod, type Message } from "@bufbuild/protobuf";
import { AuditService } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ShipmentService } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { v7 as uuidv7 } from "uuid";
import type { ConformanceCase } from "../conformance-case.ts";
import { failureOffence, present } from "../world/expect.ts";
import { callAny, reachableMethods, titleOf, tokenFor } from "./methods.ts";
import { footprint, newScene, samplesOf } from "./samples.ts";

const [products, inventory, orders, shipments, stock, audits] = [
  ProductService.method,
  InventoryService.method,
  OrderService.method,
  ShipmentService.method,
  StockQueryService.method,
  AuditService.method,
];

/** What each method says about an id that nobody has: the field, down to where it stands, and the reason. */
const table: readonly (readonly [DescMethod, readonly (string | number)[], string])[] = [
  [products.getProduct, ["productId"], "PRODUCT_NOT_FOUND"],
  [products.updateProduct, ["product", "productId"], "PRODUCT_NOT_FOUND"],
  [products.deleteProduct, ["productId"], "PRODUCT_NOT_FOUND"],
  [products.createDeal, ["deal", "productId"], "PRODUCT_NOT_FOUND"],
  [products.getDeal, ["dealId"], "DEAL_NOT_FOUND"],
  [products.cancelDeal, ["dealId"], "DEAL_NOT_FOUND"],
  [inventory.adjustStock, ["vendorItemId"], "STOCK_NOT_FOUND"],
  [inventory.listStockMovements, ["fulfillmentCenterId"], "STOCK_NOT_FOUND"],
  [inventory.reconcileStock, ["vendorItemId"], "STOCK_NOT_FOUND"],
  [inventory.republishStock, ["fulfillmentCenterId"], "STOCK_NOT_FOUND"],
  [inventory.reconcilePurchase, ["dealId"], "DEAL_NOT_FOUND"],
  [orders.createOrder, ["lines", 0, "dealId"], "DEAL_NOT_FOUND"],
  [orders.getOrder, ["orderId"], "ORDER_NOT_FOUND"],
  [orders.watchOrder, ["orderId"], "ORDER_NOT_FOUND"],
  [orders.payOrder, ["orderId"], "ORDER_NOT_FOUND"],
  [orders.cancelOrder, ["orderId"], "ORDER_NOT_FOUND"],
  [shipments.createShipment, ["shipment", "orderId"], "ORDER_NOT_FOUND"],
  [shipments.addShipmentUpdate, ["shipmentId"], "SHIPMENT_NOT_FOUND"],
  [shipments.getShipment, ["shipmentId"], "SHIPMENT_NOT_FOUND"],
  [shipments.listShipmentUpdates, ["shipmentId"], "SHIPMENT_NOT_FOUND"],
  [stock.getStock, ["vendorItemId"], "STOCK_NOT_FOUND"],
  [stock.watchStock, ["vendorItemId"], "STOCK_NOT_FOUND"],
  [audits.getAudit, ["auditId"], "AUDIT_NOT_FOUND"],
  [audits.listViolations, ["auditId"], "AUDIT_NOT_FOUND"],
  [audits.repairViolation, ["auditId"], "AUDIT_NOT_FOUND"],
];

/** Ids in the right form that name nothing. */
export const unknownIdCases: readonly ConformanceCase[] = [
  {
    name: "unknown ids - each method says what it does not find, and keeps nothing",
    async run(world) {
      const scene = await newScene(world);
      const samples = samplesOf(scene);
      const before = await footprint(world, scene);
      const offences: string[] = [];
      const reachable = new Set(reachableMethods(world));
      for (const [method, way, reason] of table) {
        if (!reachable.has(method)) continue;
        const request = clone(method.input, present(samples.get(method)) as never) as Message;
        replaceAt(request, way, uuidv7());
        const token = await tokenFor(world, scene, method);
        const outcome = await callAny(world, method, request, { key: world.make.unique("key"), ...(token === undefined ? {} : { token }) });
        if (!outcome.ok && outcome.reason === "NOT_IMPLEMENTED") continue;
        const offence = outcome.ok ? "the call succeeded" : failureOffence(outcome, reason);
        if (offence !== undefined) offences.push(`${titleOf(method)}: ${offence}`);
      }
      assert.deepEqual(offences, []);
      assert.deepEqual(await footprint(world, scene), before);
    },
  },
];

function replaceAt(message: Message, way: readonly (string | number)[], value: string): void {
  type Node = Record<string | number, unknown>;
  const parent = way.slice(0, -1).reduce<Node>((current, step) => current[step] as Node, message as unknown as Node);
  parent[way.at(-1) as string] = value;
}
