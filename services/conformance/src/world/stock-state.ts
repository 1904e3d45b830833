import assert from "node:assert/strict";
import type { Order } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { InventoryService, type StockMovement } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { eventually } from "./eventually.ts";
import { ok, present } from "./expect.ts";
import type { DealFixture } from "./fixtures.ts";
import { allPages } from "./pages.ts";
import type { World } from "./world.ts";

/** How far the read model may trail the inventory, in milliseconds. */
export const freshnessMs = 2_000;

export interface StockCounts {
  readonly onHand: number;
  readonly reserved: number;
  readonly available: number;
}

type StockKey = DealFixture["key"];

/** What the inventory says, after a check that the movements add up to it. */
export async function stockOf(world: World, key: StockKey): Promise<StockCounts> {
  const page = await ok(world.caller.unary(InventoryService.method.listStockMovements, { ...key, pageSize: 1 }, { token: await world.adminToken() }));
  const stock = present(page.stock, "the stock");
  assert.deepEqual([page.onHandSum, page.reservedSum], [stock.onHand, stock.reserved], "the movements do not add up to the state");
  assert.equal(stock.available, stock.onHand - stock.reserved);
  assert.ok(stock.available >= 0n && stock.reserved >= 0n, "the stock is below zero");
  return { onHand: Number(stock.onHand), reserved: Number(stock.reserved), available: Number(stock.available) };
}

/** Every movement of the key, the newest first. */
export async function movementsOf(world: World, key: StockKey): Promise<StockMovement[]> {
  const token = await world.adminToken();
  return allPages(async (pageToken) => {
    const page = await ok(world.caller.unary(InventoryService.method.listStockMovements, { ...key, pageSize: 1_000, pageToken }, { token }));
    return { items: page.movements, nextPageToken: page.nextPageToken };
  });
}

/** Waits until inventory and read model both say this. What events bring about may take a moment. */
export async function stockBecomes(world: World, key: StockKey, expected: StockCounts, timeoutMs = 5_000): Promise<void> {
  await eventually(async () => assert.deepEqual(await stockOf(world, key), expected), timeoutMs);
  await readModelBecomes(world, key, expected);
}

/** Waits until the read model says this, at most as long as it may trail. */
export async function readModelBecomes(world: World, key: StockKey, expected: StockCounts, timeoutMs = freshnessMs): Promise<void> {
  await eventually(async () => {
    const { stock } = await ok(world.caller.unary(StockQueryService.method.getStock, key));
    const { onHand, reserved, available } = present(stock, "the stock");
    assert.deepEqual({ onHand: Number(onHand), reserved: Number(reserved), available: Number(available) }, expected, "the read model");
  }, timeoutMs);
}

/** Every order of the deal, as an admin sees them, the newest first. */
export async function ordersOf(world: World, dealId: string): Promise<Order[]> {
  const token = await world.adminToken();
  return allPages(async (pageToken) => {
    const page = await ok(world.caller.unary(OrderService.method.listOrders, { dealId, pageSize: 1_000, pageToken }, { token }));
    return { items: page.orders, nextPageToken: page.nextPageToken };
  });
}
