import { create, type DescMethod, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import type { DescMethodStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AuditService, ViolationKind } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { OrderService, OrderState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ShipmentService, ShipmentStatus } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { InventoryService, MovementKind } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { DealState, ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { v4 as uuidv4 } from "uuid";
import { ok, present } from "../world/expect.ts";
import type { DealFixture } from "../world/fixtures.ts";
import { movementsOf, ordersOf, stockBecomes, stockOf } from "../world/stock-state.ts";
import type { Buyer, World } from "../world/world.ts";

/** What the sample requests are about. */
export interface Scene {
  readonly buyer: Buyer;
  readonly deal: DealFixture;
  /** A paid and shipped order of the buyer. */
  readonly orderId: string;
  readonly shipmentId: string;
}

const units = 10;

/** A buyer with a shipped order of a new deal, when everything that follows from it has happened. */
export async function newScene(world: World): Promise<Scene> {
  const { caller, make, adminToken } = world;
  const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units })];
  const { orderId } = await make.newPaidOrder(buyer, deal);
  const request = { shipment: { orderId, carrier: "CJ", trackingNumber: "42" } };
  const { shipment } = await ok(caller.unary(ShipmentService.method.createShipment, request, { token: await adminToken() }));
  await stockBecomes(world, deal.key, { onHand: units - 1, reserved: 0, available: units - 1 });
  return { buyer, deal, orderId, shipmentId: present(shipment).shipmentId };
}

/** Everything that a write to the scene would change. */
export async function footprint(world: World, { buyer, deal, shipmentId }: Scene): Promise<unknown> {
  const { caller } = world;
  const { vendorItemId } = deal.product;
  return {
    products: (await ok(caller.unary(ProductService.method.listProducts, { vendorItemId }))).products,
    deals: (await ok(caller.unary(ProductService.method.listDeals, { productId: deal.product.productId }))).deals,
    stock: await stockOf(world, deal.key),
    movements: await movementsOf(world, deal.key),
    orders: await ordersOf(world, deal.dealId),
    ownOrders: (await ok(caller.unary(OrderService.method.listOrders, {}, { token: buyer.token }))).orders,
    updates: (await ok(caller.unary(ShipmentService.method.listShipmentUpdates, { shipmentId }, { token: buyer.token }))).updates,
  };
}

/** A request for each method of the contract in which nothing is malformed, every field set. */
export function samplesOf(scene: Scene): ReadonlyMap<DescMethod, Message> {
  const samples = new Map<DescMethod, Message>();
  const add = <I extends DescMethod["input"]>(method: (DescMethodUnary<I> | DescMethodStreaming<I>) & DescMethod, init: MessageInitShape<I>): void => {
    samples.set(method, create(method.input as I, init));
  };
  addAccounts(scene, add);
  addCatalogue(scene, add);
  addInventory(scene, add);
  addOrders(scene, add);
  addAudits(add);
  return samples;
}

type Add = <I extends DescMethod["input"]>(method: (DescMethodUnary<I> | DescMethodStreaming<I>) & DescMethod, init: MessageInitShape<I>) => void;

const price = { currencyCode: "USD", units: 10n };

function addAccounts({ buyer }: Scene, add: Add): void {
  const { method } = AuthService;
  const password = "correct-horse-battery";
  add(method.signUp, { email: `${uuidv4()}@flashdeal.example`, password, displayName: "Sample" });
  add(method.logIn, { email: buyer.email, password });
  add(method.refreshToken, { refreshToken: uuidv4() });
  add(method.logOut, { refreshToken: uuidv4() });
  add(method.getMe, {});
  add(method.verifyToken, { accessToken: buyer.token });
  add(method.getJwks, {});
}

function addCatalogue({ deal }: Scene, add: Add): void {
  const { method } = ProductService;
  const { productId, vendorItemId } = deal.product;
  const { dealId } = deal;
  const product = { vendorItemId: `SAMPLE-${uuidv4()}`, name: "Sample", description: "Sample", price, tags: ["sample"] };
  const page = { pageSize: 10 };
  add(method.createProduct, { product });
  add(method.batchCreateProducts, { products: [product] });
  add(method.getProduct, { productId });
  add(method.listProducts, { ...page, tag: "sample", nameContains: "Sample", vendorItemId });
  add(method.updateProduct, { product: { ...product, productId, vendorItemId }, updateMask: { paths: ["name", "description", "price", "tags"] } });
  add(method.deleteProduct, { productId });
  add(method.createDeal, {
    deal: { productId, fulfillmentCenterId: "ICN1", title: "Sample", dealPrice: price, endTime: timestampFromMs(Date.now() + 3_600_000), perUserLimit: 1n },
  });
  add(method.cancelDeal, { dealId });
  add(method.getDeal, { dealId });
  add(method.listDeals, { ...page, state: DealState.ACTIVE, productId });
}

function addInventory({ deal: { key, dealId } }: Scene, add: Add): void {
  const { method } = InventoryService;
  add(method.receiveStock, { ...key, quantity: 1n, reason: "sample" });
  add(method.adjustStock, { ...key, delta: 1n, reason: "sample" });
  add(method.listStockMovements, { ...key, pageSize: 10, kind: MovementKind.RECEIVE });
  const entry = { reservationId: uuidv4(), orderId: uuidv4(), reason: "sample" };
  const lines = [{ dealId, quantity: 1n }];
  add(method.reserveStock, { entries: [{ reservationId: uuidv4(), userId: uuidv4(), lines, expireTime: timestampFromMs(Date.now() + 60_000) }] });
  add(method.commitStock, { entries: [entry] });
  add(method.releaseStock, { entries: [entry] });
  add(method.batchGetReservations, { reservationIds: [uuidv4()] });
  add(method.listReservations, { pageSize: 10, vendorItemId: key.vendorItemId });
  add(method.listStockBooks, { pageSize: 10, vendorItemId: key.vendorItemId });
  add(method.reconcileStock, { ...key, reason: "sample" });
  add(method.republishStock, { ...key, aboveVersion: 1n });
  add(method.listPurchaseMismatches, { pageSize: 10, vendorItemId: key.vendorItemId });
  add(method.reconcilePurchase, { dealId, userId: uuidv4() });
  add(StockQueryService.method.getStock, key);
  add(StockQueryService.method.watchStock, key);
  add(StockQueryService.method.batchGetStocks, { keys: [key] });
}

function addOrders({ deal: { dealId }, buyer: { userId }, orderId, shipmentId }: Scene, add: Add): void {
  const { method } = OrderService;
  const lines = [{ dealId, quantity: 1n }];
  add(method.createOrder, { lines });
  add(method.batchCreateOrders, { entries: [{ userId: uuidv4(), request: { lines, requestId: uuidv4() } }] });
  add(method.getOrder, { orderId });
  add(method.listOrders, { pageSize: 10, state: OrderState.PAID, userId, dealId });
  add(method.watchOrder, { orderId });
  add(method.payOrder, { orderId, paymentToken: "sandbox-ok" });
  add(method.cancelOrder, { orderId, reason: "sample" });
  add(method.resolveReservations, { reservationIds: [uuidv4()] });
  add(method.batchGetReservationOrders, { reservationIds: [uuidv4()] });
  const shipments = ShipmentService.method;
  add(shipments.createShipment, { shipment: { orderId, carrier: "CJ", trackingNumber: "42" } });
  add(shipments.addShipmentUpdate, { shipmentId, update: { status: ShipmentStatus.IN_TRANSIT, location: "Seoul", note: "sample" } });
  add(shipments.getShipment, { shipmentId });
  add(shipments.listShipmentUpdates, { shipmentId, pageSize: 10 });
}

function addAudits(add: Add): void {
  const { method } = AuditService;
  const ids = { auditId: uuidv4(), violationId: uuidv4() };
  add(method.runAudit, { vendorItemId: "SAMPLE" });
  add(method.getAudit, { auditId: ids.auditId });
  add(method.listViolations, { auditId: ids.auditId, pageSize: 10, kind: ViolationKind.ORPHAN_HOLD });
  add(method.repairViolation, ids);
}
