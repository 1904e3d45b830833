import type { Hold, HoldOutcome, HoldRequest, Inventory } from "../domain/ports.ts";
import type { OrderLine } from "../domain/order.ts";

/** A deal of the test inventory. */
export interface TestDeal {
  readonly dealId: string;
  available: bigint;
  readonly perUserLimit?: bigint;
  readonly currencyCode?: string;
  readonly priceUnits?: bigint;
  readonly priceNanos?: number;
  readonly cancelled?: boolean;
  readonly title?: string;
}

/** What the next call of ReserveStock does wrong. */
export type ReserveFault = "answer-lost" | "call-lost";

/** An inventory in memory that keeps the contract's rules, for tests of the order service alone. */
export interface MemoryInventory extends Inventory {
  readonly deals: Map<string, TestDeal>;
  readonly holds: Map<string, Hold & { state: Hold["state"]; readonly userId: string }>;
  /** Taken by the next calls, one each. */
  readonly faults: ReserveFault[];
  /** Awaited before each call is decided. */
  beforeReserve: () => Promise<void>;
  reserveCalls: number;
}

/** Starts with these deals and no holds. */
export function createMemoryInventory(...deals: readonly TestDeal[]): MemoryInventory {
  const inventory: MemoryInventory = {
    deals: new Map(deals.map((deal) => [deal.dealId, deal])),
    holds: new Map(),
    faults: [],
    beforeReserve: async () => {},
    reserveCalls: 0,
    async reserve(requests) {
      inventory.reserveCalls++;
      await inventory.beforeReserve();
      const fault = inventory.faults.shift();
      const unknown = requests.map((): HoldOutcome => ({ kind: "unknown", cause: new Error(fault) }));
      if (fault === "call-lost") return unknown;
      const outcomes = requests.map((request) => take(inventory, request));
      return fault === "answer-lost" ? unknown : outcomes;
    },
    async release(reservationIds) {
      for (const reservationId of reservationIds) giveBack(inventory, reservationId, "RELEASED");
    },
  };
  return inventory;
}

/** Ends a hold that is still held. */
export function giveBack({ deals, holds }: MemoryInventory, reservationId: string, state: "RELEASED" | "EXPIRED"): void {
  const hold = holds.get(reservationId);
  if (hold?.state !== "HELD") return;
  hold.state = state;
  for (const { dealId, quantity } of hold.lines) {
    const deal = deals.get(dealId);
    if (deal !== undefined) deal.available += quantity;
  }
}

function take({ deals, holds }: MemoryInventory, { reservationId, userId, lines, expireTime }: HoldRequest): HoldOutcome {
  const known = holds.get(reservationId);
  if (known !== undefined) return { kind: "hold", hold: known };
  const wanted = new Map<string, bigint>();
  for (const { dealId, quantity } of lines) wanted.set(dealId, (wanted.get(dealId) ?? 0n) + quantity);
  const taken: OrderLine[] = [];
  for (const [dealId, quantity] of wanted) {
    const deal = deals.get(dealId);
    const refused = (reason: Extract<HoldOutcome, { kind: "refused" }>["reason"], metadata = {}): HoldOutcome => {
      return { kind: "refused", reason, message: reason, metadata: { deal_id: dealId, ...metadata } };
    };
    if (deal === undefined) return refused("DEAL_NOT_FOUND");
    if (deal.cancelled === true) return refused("DEAL_CANCELLED");
    const held = [...holds.values()].filter((hold) => hold.userId === userId && hold.state === "HELD").flatMap((hold) => hold.lines);
    const own = held.reduce((sum, line) => (line.dealId === dealId ? sum + line.quantity : sum), 0n);
    if (deal.perUserLimit !== undefined && own + quantity > deal.perUserLimit) {
      return refused("PURCHASE_LIMIT_REACHED", { per_user_limit: String(deal.perUserLimit) });
    }
    if (deal.available < quantity) return refused("SOLD_OUT", { available: String(deal.available) });
    taken.push(lineOf(deal, quantity));
  }
  for (const { dealId, quantity } of taken) {
    const deal = deals.get(dealId);
    if (deal !== undefined) deal.available -= quantity;
  }
  const hold = { reservationId, userId, state: "HELD" as const, lines: taken, expireTime };
  holds.set(reservationId, hold);
  return { kind: "hold", hold };
}

function lineOf({ dealId, priceUnits = 10n, priceNanos = 0, currencyCode = "KRW", title = `Deal ${dealId.slice(-4)}` }: TestDeal, quantity: bigint): OrderLine {
  return {
    dealId,
    productId: `01890000-0000-7000-8000-${dealId.slice(-12)}`,
    vendorItemId: `item-${dealId.slice(-4)}`,
    fulfillmentCenterId: "icn1",
    title,
    quantity,
    unitPrice: { currencyCode, units: priceUnits, nanos: priceNanos },
  };
}
