import { setTimeout as sleep } from "node:timers/promises";
import type { PreparedDeal } from "./prepare.ts";
import type { RushResult } from "./rush.ts";
import type { ShopClient } from "./shop-client.ts";

/** One thing that must hold after a sale. */
export interface Verdict {
  readonly rule: string;
  readonly expected: string;
  readonly actual: string;
  readonly holds: boolean;
}

const settleTimeoutMs = 15_000;
const pollMs = 50;

/** Compares what the buyers saw with what the inventory, the orders and the read model say. */
export async function checkSale(
  shop: ShopClient,
  adminToken: string,
  deal: PreparedDeal,
  buyers: number,
  result: RushResult,
): Promise<readonly Verdict[]> {
  const sold = Math.min(deal.units, buyers);
  const left = String(deal.units - sold);
  const path = `/v1/stocks/${deal.vendorItemId}/${deal.fulfillmentCenterId}`;
  const ledger = await settled(
    () => shop.expect("GET", `${path}/movements?pageSize=1`, { token: adminToken }),
    (body) => stockOf(body)["onHand"] === left && stockOf(body)["reserved"] === "0",
  );
  const stock = stockOf(ledger);
  const readModel = await settled(
    () => shop.expect("GET", path),
    (body) => body["version"] === stock["version"],
  );
  const stored = await paidOrders(shop, adminToken, deal.dealId);
  return [
    verdict("sold = units", String(sold), String(result.orderIds.length)),
    verdict("stock left", left, String(stock["onHand"])),
    verdict("units still reserved", "0", String(stock["reserved"])),
    verdict("sum of movements = stock", `${stock["onHand"]} / ${stock["reserved"]}`, `${ledger["onHandSum"]} / ${ledger["reservedSum"]}`),
    verdict("read model = inventory", describe(stock), describe(readModel)),
    verdict("paid orders stored", String(sold), String(stored.orderIds.size)),
    verdict("stored = acknowledged", "the same orders", sameSet(stored.orderIds, new Set(result.orderIds)) ? "the same orders" : "other orders"),
    verdict("buyers with two orders", "0", String(stored.orderIds.size - stored.userIds.size)),
    verdict("repeated call, other answer", "0", String(result.repeatMismatches)),
  ];
}

async function paidOrders(shop: ShopClient, token: string, dealId: string) {
  const orderIds = new Set<string>();
  const userIds = new Set<string>();
  let pageToken = "";
  do {
    const query = new URLSearchParams({ dealId, state: "ORDER_STATE_PAID", pageSize: "1000", ...(pageToken && { pageToken }) });
    const page = await shop.expect("GET", `/v1/orders?${query}`, { token });
    for (const order of (page["orders"] ?? []) as { orderId: string; userId: string }[]) {
      orderIds.add(order.orderId);
      userIds.add(order.userId);
    }
    pageToken = String(page["nextPageToken"] ?? "");
  } while (pageToken !== "");
  return { orderIds, userIds };
}

/** Asks until `done` or the time is up; answers the last body either way, so that the verdict shows it. */
async function settled(ask: () => Promise<Record<string, unknown>>, done: (body: Record<string, unknown>) => boolean) {
  const deadline = Date.now() + settleTimeoutMs;
  for (;;) {
    const body = await ask();
    if (done(body) || Date.now() > deadline) {
      return body;
    }
    await sleep(pollMs);
  }
}

function stockOf(body: Record<string, unknown>): Record<string, unknown> {
  return withZeros((body["stock"] ?? {}) as Record<string, unknown>);
}

/** Proto JSON leaves out zeros. */
function withZeros(stock: Record<string, unknown>): Record<string, unknown> {
  return { onHand: "0", reserved: "0", available: "0", ...stock };
}

function describe(stock: Record<string, unknown>): string {
  const { onHand, reserved, version } = withZeros(stock);
  return `on hand ${onHand}, reserved ${reserved}, version ${version}`;
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b);
}

function verdict(rule: string, expected: string, actual: string): Verdict {
  return { rule, expected, actual, holds: expected === actual };
}
